// The cashier's page: one line to say, one key to press. It follows the till's current checkout, whoever opened it.

import { KEYS, Keyboard, OUTCOMES, hindrance, typing } from "./keys.js";
import { OwnBasket, minor } from "./own.js";
import { Sight } from "./sight.js";
import { Listening, ask, checkoutPath } from "./till.js";
import { money, speak, word } from "./words.js";
import { fit, showAlert, showButtons, showCheckout, showEntered, showGift, showLamp, showWords } from "./view.js";

const $ = (id) => document.getElementById(id);
const BUTTONS = document.querySelectorAll("[data-act]");
const own = new OwnBasket();
const sight = new Sight();
const NOTHING = { lines: [], count: 0, customer: null };

let current = null; // the till's checkout, as it told it last
let heard = 0; // how often the stream told a checkout
let health = null;
let busy = false;
let answered = Promise.resolve(); // when the till has thought
let unsent = false; // an item came while the till was thinking
let home = $("offer"); // where the keys go between two buttons: the offer or the entry field
let sure = 0; // until when a second Delete cancels
let withPos = localStorage.getItem("rung.pos") === "yes"; // a point of sale sends the baskets, nobody types them here

let language = speak(localStorage.getItem("rung.language") ?? navigator.language);
const open = () => Boolean(current && current.state !== "closed");
const following = () => open() && current.checkout_id !== own.id;
const closed = () => following() || (withPos && own.empty); // the page's own entry field is
const entering = () => document.activeElement === $("item");
const currency = () => current?.currency ?? localStorage.getItem("rung.currency") ?? "EUR";

// One call at a time: a second key while the till thinks would answer an offer nobody has seen.
function call(work) {
  if (!busy) answered = calling(work);
}

async function calling(work) {
  thinks(true);
  showAlert();
  try {
    await work();
  } catch (error) {
    showAlert(error.status ? "failed" : "unreachable", "trouble", { why: error.message });
    if (error.code === "checkout-closed" && !following()) own.clear(); // it ended while this page was away
  } finally {
    thinks(false);
    if (unsent && own.id) send();
  }
}

function thinks(yes) {
  busy = yes;
  $("keys").ariaBusy = yes;
}

const post = (path, body) => ask("POST", checkoutPath(current.checkout_id, path), body);

// An answer that the stream overtook is old, and the stream goes on.
async function refresh(id) {
  const before = heard;
  const checkout = await ask("GET", `${checkoutPath(id)}?language=${language}`);
  if (heard === before) told(checkout);
}

function react(reaction, at) {
  const id = current.checkout_id;
  const milliseconds = sight.until(at);
  call(async () => {
    try {
      await post("/reactions", { rung: current.offer.rung, reaction, milliseconds });
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

function send() {
  unsent = busy;
  call(async () => told(await ask("PUT", `${checkoutPath(own.id)}?language=${language}`, own.body(currency()))));
}

const acts = {
  accepted: (at) => react("accepted", at),
  asked_more: (at) => react("asked_more", at),
  left: (at) => react("left", at),
  skipped: (at) => react("skipped", at),
  goodwill: () => showGift(current.goodwill, currency()),
  add() {
    integrated(false);
    render();
    $("item").focus();
  },
  finish: () => (entering() ? $("entry").requestSubmit() : finish(OUTCOMES[current.state])),
  cancel,
};

function integrated(yes) {
  withPos = yes;
  localStorage.setItem("rung.pos", yes ? "yes" : "no");
}

// The page's own basket, also one that the till has forgotten; only the second time is meant.
function cancel() {
  if (Date.now() >= sure) {
    sure = Date.now() + 3000;
    setTimeout(() => (document.activeElement.dataset.act === "cancel" ? goHome() : render()), 3100);
  } else if (open()) finish("cancelled");
  else own.clear();
  render();
}

const hindered = (act) =>
  hindrance(act, current, { entering: entering(), following: following(), begun: Boolean(own.id), items: !own.empty });

// `at`: when the key was pressed, which is not when it is known to be the cashier's.
function perform(act, at) {
  const why = hindered(act);
  showAlert(why ?? "");
  if (!why) acts[act](at);
}

// After a button the keys go back to where they were, so that Enter does not press it again.
function goHome() {
  ($("entry").hidden ? $("offer") : home).focus();
  render();
}

const keyboard = new Keyboard({
  key(name, target, at) {
    const pressing = target instanceof HTMLButtonElement && name === "Enter"; // the button's own click follows
    if (target === $("item") && name === "+") target.value = target.value.replace(/\+$/, ""); // meant as the key
    else if (name in KEYS && !typing(target) && !pressing && !$("gift").open) perform(KEYS[name], at);
  },
  scan(text) {
    document.dispatchEvent(new CustomEvent("rung:scan", { detail: text })); // for a point of sale that embeds the page
    if (!closed()) typed(text);
  },
});

// A scanner's Enter must not press the button that happens to have the focus; a pointer always may.
function pressed(event, act) {
  if (event.detail === 0 && keyboard.scanning) return;
  if ($("keys").contains(event.currentTarget) && !entering()) home = $("offer");
  act();
  if (!$("gift").open && !(event.currentTarget.dataset.act === "cancel" && Date.now() < sure)) goHome();
}

function typed(text) {
  const result = own.take(text, currency());
  showAlert();
  if (result === "offer") turn();
  else if (result === "asks") $("item").focus(); // also when it was scanned outside of the field
  else if (result !== "changed") showAlert(result, result === "badItem" ? "trouble" : "hint");
  else if (open() || !own.empty) send();
  render();
}

// Enter alone: from the items to the offer.
function turn() {
  if (!open()) send(); // the till was started anew
  $("offer").focus();
}

function give() {
  const amount = minor($("gift-amount").value, currency());
  const most = current.goodwill.available;
  if (amount === null || amount > most) {
    $("gift-hint").textContent = word("badGift", { most: money(most, currency()) });
    return $("gift-amount").select();
  }
  $("gift").close();
  const id = current.checkout_id; // whose offer was seen; the gift waits until the till has answered what was before it
  const gift = async () => {
    await ask("POST", checkoutPath(id, "/goodwill"), { amount });
    await refresh(id);
  };
  answered.then(() => call(gift));
}

const stage = (checkout) => checkout && [checkout.checkout_id, checkout.state, checkout.offer?.rung].join();

function told(checkout) {
  const before = current;
  current = checkout;
  sight.watch(current ?? {});
  if (current) localStorage.setItem("rung.currency", current.currency);
  if (following() && own.empty) integrated(true);
  if (current?.state === "closed" && current.checkout_id === own.id) own.clear();
  if (stage(current) !== stage(before)) showAlert();
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
  showLamp(health);
  showEntered(following() ? NOTHING : own, currency());
  showCheckout(current);
  const labels = { cancel: Date.now() < sure ? "cancelSure" : "cancel", finish: entering() ? "offer" : "finish" };
  showButtons(BUTTONS, hindered, labels);
}

function chooseLanguage(tag) {
  language = speak(tag);
  localStorage.setItem("rung.language", language);
  listening.open(language);
  showWords(language);
  render();
}

const listening = new Listening("cashier", {
  checkout(value) {
    heard += 1;
    told(value);
  },
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
for (const button of BUTTONS) button.onclick = (event) => pressed(event, () => perform(button.dataset.act, event.timeStamp));
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
$("item").onfocus = $("offer").onfocus = (event) => {
  home = event.target;
  render();
};
$("item").onblur = render;
for (const bar of document.querySelectorAll("header, footer, #entry")) {
  bar.onmousedown = (event) => event.target.closest("button") && event.preventDefault(); // a click takes no focus
}
window.onstorage = () => {
  own.recall();
  render();
};
$("gift").onclose = goHome;
$("gift").firstElementChild.onsubmit = (event) => {
  event.preventDefault();
  give();
};
chooseLanguage(language);
