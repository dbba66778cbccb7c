// The cashier's page: one line to say, one key to press. It follows the till's current checkout, whoever opened it.

import { Keyboard, typing } from "./keys.js";
import { OwnBasket, minor } from "./own.js";
import { Listening, ask, checkoutPath } from "./till.js";
import { money, plain, speak, word } from "./words.js";
import { fit, showCheckout, showLamp, showLines, showWords } from "./view.js";

const $ = (id) => document.getElementById(id);
const BUTTONS = document.querySelectorAll("[data-act]");
const own = new OwnBasket();
const KEYS = { 1: "accepted", 2: "asked_more", 3: "left", 4: "goodwill", Escape: "skipped", Enter: "finish",
  "+": "add", Delete: "cancel" };
const OUTCOMES = { settled: "sold", top_reached: "sold", skipped: "sold", nothing_to_offer: "sold", lost: "lost" };

let current = null; // the till's checkout, as it told it last
let health = null;
let busy = false;
let card = false; // the next item is the customer's card
let sure = 0; // until when a second Delete cancels
let withPos = localStorage.getItem("rung.pos") === "yes"; // a point of sale sends the baskets, nobody types them here

let language = speak(localStorage.getItem("rung.language") ?? navigator.language);
const open = () => Boolean(current && current.state !== "closed");
const following = () => open() && current.checkout_id !== own.id;
const closed = () => following() || (withPos && own.empty); // the page's own entry field is
const currency = () => current?.currency ?? localStorage.getItem("rung.currency") ?? "EUR";

function alertUser(text) {
  $("alert").textContent = text;
}

// One call at a time: a second key while the till thinks would answer an offer nobody has seen.
async function call(work) {
  if (busy) return;
  busy = true;
  alertUser("");
  try {
    await work();
  } catch (error) {
    alertUser(error.status ? word("failed", { why: error.message }) : word("unreachable"));
  } finally {
    busy = false;
  }
}

const post = (path, body) => ask("POST", checkoutPath(current.checkout_id, path), body);
const refresh = async (id) => told(await ask("GET", `${checkoutPath(id)}?language=${language}`));

function react(reaction) {
  const id = current.checkout_id;
  call(async () => {
    try {
      await post("/reactions", { rung: current.offer.rung, reaction });
    } finally {
      await refresh(id);
    }
  });
}

function finish(outcome) {
  const id = current.checkout_id;
  call(async () => {
    await post("/close", { outcome });
    await refresh(id);
  });
}

const send = () => call(async () => {
  told(await ask("PUT", `${checkoutPath(own.id)}?language=${language}`, own.body(currency())));
});

const acts = {
  accepted: () => react("accepted"),
  asked_more: () => react("asked_more"),
  left: () => react("left"),
  skipped: () => react("skipped"),
  goodwill: openGift,
  add() {
    integrated(false);
    render();
    $("item").focus();
  },
  finish: () => finish(OUTCOMES[current.state]),
  cancel() {
    if (Date.now() < sure) return finish("cancelled");
    sure = Date.now() + 3000;
    setTimeout(render, 3100);
    render();
  },
};

function integrated(yes) {
  withPos = yes;
  localStorage.setItem("rung.pos", yes ? "yes" : "no");
}

// What the cashier can do now.
function possible(act) {
  if (act === "add") return !following() && document.activeElement !== $("item");
  if (!open()) return false;
  if (act === "finish") return current.state in OUTCOMES;
  if (act === "goodwill") return current.goodwill.available > 0 && current.state !== "lost";
  if (act === "cancel") return current.checkout_id === own.id;
  if (act === "asked_more") return current.state === "offering";
  return Boolean(current.offer);
}

function perform(act) {
  if (act && possible(act)) acts[act]();
  else if (act === "finish" && current?.state === "offering") alertUser(word("answerFirst"));
}

const keyboard = new Keyboard({
  key(name, target) {
    const pressing = target instanceof HTMLButtonElement && name === "Enter"; // the button's own click follows
    if (!typing(target) && !pressing && !$("gift").open) perform(KEYS[name]);
  },
  scan(text) {
    document.dispatchEvent(new CustomEvent("rung:scan", { detail: text })); // for a point of sale that embeds the page
    if (!closed()) item(text);
  },
});

// A scanner's Enter must not press the button that happens to have the focus; a pointer always may.
function pressed(event, act) {
  if (event.detail === 0 && keyboard.scanning) return;
  act();
}

function item(text) {
  if (card) {
    card = false;
    own.identify(text);
    return own.empty ? render() : send();
  }
  const result = own.take(text, currency());
  if (result === "added") send();
  else alertUser(result === "bad" ? word("badItem") : "");
  if (result === "priced?") $("item").focus();
  render();
}

function typed(text) {
  if (text === "") return own.empty ? undefined : $("offer").focus();
  if (text === "/") {
    card = !card;
    return render();
  }
  if (text === "-") {
    own.removeLast();
    return own.id && open() ? send() : render();
  }
  item(text);
}

function openGift() {
  const { available, given } = current.goodwill;
  $("gift-amount").value = plain(given || available, currency());
  $("gift-hint").textContent = word("giftHint", { most: money(available, currency()) });
  $("gift").showModal();
  $("gift-amount").select();
}

function give() {
  const amount = minor($("gift-amount").value, currency());
  const most = current.goodwill.available;
  if (amount === null || amount > most) {
    $("gift-hint").textContent = word("badGift", { most: money(most, currency()) });
    return $("gift-amount").select();
  }
  $("gift").close();
  call(async () => {
    await post("/goodwill", { amount });
    await refresh(current.checkout_id);
  });
}

function told(checkout) {
  const before = current;
  current = checkout;
  if (current) localStorage.setItem("rung.currency", current.currency);
  if (following() && own.empty) integrated(true);
  if (current?.state === "closed" && current.checkout_id === own.id) own.clear();
  if (!open() || current.checkout_id !== before?.checkout_id) {
    if ($("gift").open) $("gift").close();
    sure = 0;
  }
  render();
  if (!open() && !$("entry").hidden && !typing(document.activeElement)) $("item").focus();
}

function render() {
  if (closed() && document.activeElement === $("item")) $("offer").focus(); // a hidden field keeps the keys for a while
  $("entry").hidden = closed();
  $("item-label").textContent = own.unpriced ? `${word("priceOf")} ${own.unpriced.sku}` : word(card ? "card" : "item");
  $("item-hint").textContent = word(own.unpriced ? "priceHint" : card ? "cardHint" : "itemHint");
  showLamp(health);
  showLines(following() ? [] : own.lines, currency(), own.customer);
  showCheckout(current);
  for (const button of BUTTONS) {
    const { act } = button.dataset;
    button.disabled = !possible(act);
    button.classList.toggle("absent", button.disabled && ["goodwill", "add", "cancel", "finish"].includes(act));
    button.lastElementChild.textContent = word(act === "cancel" && Date.now() < sure ? "cancelSure" : act);
  }
}

function chooseLanguage(tag) {
  language = speak(tag);
  localStorage.setItem("rung.language", language);
  listening.open(language);
  showWords(language);
  render();
}

const listening = new Listening("cashier", {
  checkout: told,
  health(value) {
    health = value;
    showLamp(health);
  },
  silent() {
    health = undefined;
    showLamp(health);
  },
});

keyboard.listen(window);
window.onresize = fit;
for (const button of BUTTONS) button.onclick = (event) => pressed(event, () => perform(button.dataset.act));
for (const button of $("languages").children) button.onclick = (event) => pressed(event, () => chooseLanguage(button.lang));
$("entry").onsubmit = (event) => {
  event.preventDefault(); // of the form's navigation, not of a key
  const text = $("item").value.trim();
  $("item").value = "";
  typed(text);
};
$("item").onkeydown = (event) => {
  if (event.key === "Escape") $("offer").focus();
};
$("item").onfocus = $("item").onblur = render;
$("gift").firstElementChild.onsubmit = (event) => {
  event.preventDefault();
  give();
};
chooseLanguage(language);
