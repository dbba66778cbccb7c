// The basket of a till without a point of sale: what the cashier scans or types on this page.

import { digits } from "./words.js";

const LONGEST_PRICE = 9; // digits
const CODE = /^(?=.*\d)(\d{6,}|\w*[A-Za-z]\w*)$/; // so many digits without a decimal mark are no price
const BOOK = "rung.prices"; // bar code -> price, learned once at this till
const OWN = "rung.own"; // the open basket: neither a reload nor another tab loses it

function stored(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

// Minor units of what was typed, or null.
export function minor(text, currency) {
  const parts = /^(\d+)(?:[.,](\d+))?$/.exec(text.trim());
  const places = digits(currency);
  if (!parts || (parts[2] ?? "").length > places) return null;
  const amount = parts[1] + (parts[2] ?? "").padEnd(places, "0");
  return amount.replace(/^0+/, "").length > LONGEST_PRICE ? null : Number(amount);
}

export class OwnBasket {
  constructor() {
    this.unpriced = null; // a bar code whose price is not known yet
    this.card = false; // whether the customer's card comes next
    this.recall();
  }

  // The basket as this browser keeps it, also after another window of it changed it.
  recall() {
    const kept = stored(localStorage, OWN, null);
    this.id = kept?.id ?? null;
    this.lines = kept?.lines ?? [];
    this.customer = null;
  }

  get empty() {
    return this.lines.length === 0;
  }

  get count() {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  body(currency) {
    const body = { currency, lines: this.lines };
    if (this.customer) body.customer = this.customer;
    return body;
  }

  // What was scanned or typed: "changed" the basket, "asks" for what comes next, "offer" when that was all, otherwise
  // the name of the word that says what is wrong.
  take(text, currency) {
    const carded = this.card;
    this.card = false;
    if (text === "") return this.unpriced ? "priceFirst" : this.empty ? "noItems" : "offer";
    if (text === "-") return carded ? "asks" : this.removeLast();
    if (text === "/") {
      this.card = !carded;
      return "asks";
    }
    if (carded || text[0] === "/") return this.identify(text.replace("/", ""));
    return this.item(text, currency);
  }

  item(text, currency) {
    const [, times, rest] = /^(?:(\d{1,4})\s*[*xх×]\s*)?(.*)$/i.exec(text.trim());
    const quantity = Number(times ?? 1);
    if (!quantity) return "badItem";
    if (!this.unpriced && CODE.test(rest)) return this.scanned(rest, quantity);
    const price = minor(rest, currency);
    if (price === null || (CODE.test(rest) && digits(currency))) return "badItem"; // another code is not this one's price
    const { sku, count } = this.unpriced ?? { sku: "item", count: 1 };
    if (this.unpriced) this.learn(sku, price);
    this.unpriced = null;
    return this.add(sku, quantity * count, price);
  }

  scanned(sku, quantity) {
    const price = stored(localStorage, BOOK, {})[sku];
    if (price !== undefined) return this.add(sku, quantity, price);
    this.unpriced = { sku, count: quantity };
    return "asks";
  }

  add(sku, quantity, price) {
    const same = this.lines.find((line) => line.sku === sku && line.unit_price === price);
    if (same) same.quantity += quantity;
    else this.lines.push({ sku, quantity, unit_price: price });
    return this.keep();
  }

  removeLast() {
    if (this.unpriced) this.unpriced = null;
    else this.lines.pop();
    return this.keep();
  }

  learn(sku, price) {
    localStorage.setItem(BOOK, JSON.stringify({ ...stored(localStorage, BOOK, {}), [sku]: price }));
  }

  identify(customer) {
    this.customer = customer;
    return this.keep();
  }

  keep() {
    this.id ??= `page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
    // Not the card: cards are kept nowhere. After a reload it is scanned again.
    localStorage.setItem(OWN, JSON.stringify({ id: this.id, lines: this.lines }));
    return "changed";
  }

  clear() {
    localStorage.removeItem(OWN);
    this.id = this.customer = this.unpriced = null;
    this.card = false;
    this.lines = [];
  }
}
