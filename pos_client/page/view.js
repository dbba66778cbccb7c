// What the page shows: pure drawing of what the till told.

import { takenOff } from "./till.js";
import { money, plain, word } from "./words.js";

const STALE = 7 * 24 * 3600; // seconds after which a shop should hear that its rules are old
const LATE = 25; // seconds that news may be late, of those between two looks for them
const GLYPHS = { online: "●", offline: "◐", stale: "◑", empty: "◑", full: "◕", revoked: "◑", journal: "✖", unreachable: "✖", starting: "○" };
const $ = (id) => document.getElementById(id);

function text(id, value) {
  const element = $(id);
  if (element.textContent !== value) element.textContent = value; // a live region speaks only what is new
  element.hidden = value === "";
}

// null before the first word of the till, undefined when it went silent.
function lampOf(health) {
  if (health === null) return "starting";
  if (health === undefined) return "unreachable";
  if (health.journal.trouble) return health.journal.trouble === "journal-full" ? "full" : "journal";
  if (health.link?.trouble === "unknown-device") return "revoked";
  if (!health.snapshot.version) return "empty";
  if (health.snapshot.age_seconds > STALE) return "stale";
  const { seconds_since_contact: ago = null, every, trouble } = health.link ?? {};
  return ago === null || ago > every + LATE || trouble ? "offline" : "online";
}

export function showLamp(health) {
  const lamp = lampOf(health);
  $("lamp").dataset.lamp = lamp;
  text("glyph", GLYPHS[lamp]);
  const unsent = health?.journal.depth ?? 0;
  text("lamp-text", lamp === "offline" && unsent ? word("waiting", { n: unsent }) : word(lamp));
}

export function showWords(language) {
  document.documentElement.lang = language;
  for (const button of $("languages").children) button.setAttribute("aria-pressed", String(button.lang === language));
  $("gift-label").textContent = word("goodwill");
  showAlert(...alerted);
}

let alerted = [""];

// What went wrong ("trouble") or why a key does nothing ("hint"), by the name of its word; nothing without a name.
export function showAlert(name = "", kind = "hint", values = {}) {
  alerted = [name, kind, values]; // to be said again in another language
  $("alert").dataset.kind = kind;
  text("alert", name && word(name, values));
  fit();
}

// Of the keys that do nothing now, those below stay where they are and the others hide.
export function showButtons(buttons, hindered, labels) {
  for (const button of buttons) {
    const { act } = button.dataset;
    button.disabled = Boolean(hindered(act));
    button.hidden = button.disabled && (act === "add" || act === "cancel");
    button.lastElementChild.textContent = word(labels[act] ?? act);
  }
}

export function showGift({ available, given }, currency) {
  $("gift-amount").value = plain(given || available, currency);
  $("gift-hint").textContent = word("giftHint", { most: money(available, currency) });
  $("gift").showModal();
  $("gift-amount").select();
}

// The big figure gets as much room as there is: fewer characters, larger letters.
function figure(value) {
  text("amount", value);
  $("amount").style.setProperty("--characters", Math.max(6, value.length));
}

// The line to say, the figure and a long disclosure share the room: the figure gives way until all of it is in sight.
export function fit() {
  const offer = $("offer");
  let scale = 1;
  do {
    offer.style.setProperty("--scale", scale);
    scale -= 0.08;
  } while (offer.scrollHeight > offer.clientHeight && scale > 0.3);
}

// What the state says apart from an offer: [heading, amount, note].
function told(checkout, cash) {
  const minus = takenOff(checkout) ? cash(-takenOff(checkout)) : "";
  if (checkout.state === "settled") return [`${word("agreed")}: ${checkout.discount.label}`, minus, ""];
  if (checkout.state === "lost") return [word("lost"), "", ""];
  if (checkout.state === "skipped") return [word("skippedState"), minus, ""];
  // With a ladder and no plan there is no time to ask: nothing is said, and the total stands alone.
  if (checkout.state === "nothing_to_offer") return [checkout.ladder.length ? "" : word("nothing"), minus, ""];
  const ended = word({ sold: "sold", lost: "lostClosed", cancelled: "cancelled" }[checkout.outcome]);
  const paid = checkout.outcome === "sold" ? `${word("pay")} ${cash(checkout.pay)}` : "";
  return [word("idle"), "", [ended, minus, paid].filter(Boolean).join(" · ")];
}

export function showCheckout(checkout) {
  $("offer").dataset.state = checkout?.state ?? "idle";
  if (!checkout) {
    for (const id of ["note", "amount", "parts", "pay", "disclosure", "basket"]) text(id, "");
    return text("say", word("idle"));
  }
  const cash = (amount) => money(amount, checkout.currency);
  const { offer, state } = checkout;
  const last = offer && state === "offering" && offer.rung === checkout.plan.at(-1);
  const [heading, amount, note] = offer ? [offer.say, cash(-takenOff(checkout)), ""] : told(checkout, cash);
  text("note", state === "top_reached" ? word("stays") : last ? word("last") : note);
  text("say", heading);
  figure(amount);
  text("parts", amount && parts(checkout, cash));
  const pay = ["closed", "lost"].includes(state) ? undefined : offer?.pay ?? checkout.pay;
  text("pay", pay === undefined ? "" : `${word("pay")} ${cash(pay)}`);
  text("disclosure", offer?.disclosure ?? "");
  const announced = checkout.automatic.reduce((sum, given) => sum + given.amount, 0);
  const basket = `${word("basket")} ${cash(checkout.gross)}${announced ? ` ${cash(-announced)}` : ""}`;
  text("basket", state === "closed" ? "" : basket);
  fit();
}

// With a gesture, what the figure is the sum of.
function parts({ offer, discount, goodwill }, cash) {
  const rung = offer ?? discount;
  if (!goodwill.given) return "";
  return `${rung ? `${cash(-rung.amount)} · ` : ""}${word("gave")} ${cash(-goodwill.given)}`;
}

// What was entered on this page: the card and the number of items, and the items where there is room.
export function showEntered({ lines, count, customer, card: carding, unpriced }, currency) {
  text("item-label", unpriced ? `${word("priceOf")} ${unpriced.sku}` : word(carding ? "card" : "item"));
  text("item-hint", word(unpriced ? "priceHint" : carding ? "cardHint" : "itemHint"));
  const card = customer ? word("cardRead", { end: customer.slice(-4) }) : "";
  text("entered", [card, count ? word("items", { n: count }) : ""].filter(Boolean).join(" · "));
  const items = lines.map((line) => {
    const item = document.createElement("li");
    const name = line.sku === "item" ? word("item") : line.sku;
    item.textContent = `${line.quantity} × ${name}  ${money(line.unit_price * line.quantity, currency)}`;
    return item;
  });
  $("lines").replaceChildren(...items);
  $("lines").lastElementChild?.scrollIntoView({ block: "nearest" });
}
