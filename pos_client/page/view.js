// What the page shows: pure drawing of what the till told.

import { money, word } from "./words.js";

const STALE = 7 * 24 * 3600; // seconds after which a shop should hear that its rules are old
const CONTACT = 40; // seconds; the till asks its service for news every 15
const GLYPHS = { online: "●", offline: "◐", stale: "◑", journal: "✖", unreachable: "✖", starting: "○" };
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
  if (health.journal.trouble) return "journal";
  if (!health.snapshot.version || health.snapshot.age_seconds > STALE) return "stale";
  const { seconds_since_contact: ago = null, trouble } = health.link ?? {};
  return ago === null || ago > CONTACT || trouble ? "offline" : "online";
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
}

// The big figure gets as much room as there is: fewer characters, larger letters.
function figure(value) {
  text("amount", value.replace("-", "\u2212"));
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
  const taken = checkout.discount?.amount ?? 0;
  const minus = taken ? cash(-taken) : "";
  if (checkout.state === "settled") return [`${word("agreed")}: ${checkout.discount.label}`, minus, ""];
  if (checkout.state === "lost") return [word("lost"), "", ""];
  if (checkout.state === "skipped") return [word("skippedState"), "", ""];
  if (checkout.state === "nothing_to_offer") return [word("nothing"), "", ""];
  const ended = word({ sold: "sold", lost: "lostClosed", cancelled: "cancelled" }[checkout.outcome]);
  return [word("idle"), "", taken ? `${ended} · ${minus}` : ended];
}

export function showCheckout(checkout) {
  $("offer").dataset.state = checkout?.state ?? "idle";
  if (!checkout) {
    for (const id of ["note", "amount", "pay", "disclosure", "basket"]) text(id, "");
    return text("say", word("idle"));
  }
  const cash = (amount) => money(amount, checkout.currency);
  const { offer, state } = checkout;
  const last = offer && state === "offering" && offer.rung === checkout.plan.at(-1);
  const [heading, amount, note] = offer ? [offer.say, cash(-offer.amount), ""] : told(checkout, cash);
  text("note", state === "top_reached" ? word("stays") : last ? word("last") : note);
  text("say", heading);
  figure(amount);
  const pay = ["closed", "lost"].includes(state) ? undefined : offer?.pay ?? checkout.pay;
  text("pay", pay === undefined ? "" : `${word("pay")} ${cash(pay)}${gift(checkout, cash)}`);
  text("disclosure", offer?.disclosure ?? "");
  text("basket", state === "closed" ? "" : `${word("basket")} ${cash(checkout.gross)}`);
  fit();
}

function gift(checkout, cash) {
  const given = checkout.goodwill?.given;
  return given ? ` · ${word("gave")} ${cash(-given)}` : "";
}

export function showLines(lines, currency, customer) {
  const items = lines.map((line) => {
    const item = document.createElement("li");
    const name = line.sku === "item" ? word("item") : line.sku;
    item.textContent = `${line.quantity} × ${name}  ${money(line.unit_price * line.quantity, currency)}`;
    return item;
  });
  if (customer) {
    const known = document.createElement("li");
    known.textContent = word("known");
    items.unshift(known);
  }
  $("lines").replaceChildren(...items);
  $("lines").lastElementChild?.scrollIntoView({ block: "nearest" });
}
