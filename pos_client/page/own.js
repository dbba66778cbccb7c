// The basket of a till without a point of sale: what the cashier scans or types on this page.

import { digits } from "./words.js";

const LONGEST_PRICE = 9; // digits
const BOOK = "rung.prices"; // bar code -> price, learned once at this till
const OWN = "rung.own"; // the open basket, so that a reload of the page loses nothing

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
    const kept = stored(sessionStorage, OWN, null);
    this.id = kept?.id ?? null;
    this.lines = kept?.lines ?? [];
    this.customer = kept?.customer ?? null;
    this.unpriced = null; // a bar code whose price is not known yet
  }

  get empty() {
    return this.lines.length === 0;
  }

  body(currency) {
    const body = { currency, lines: this.lines };
    if (this.customer) body.customer = this.customer;
    return body;
  }

  // A scanned or typed item: "added", "priced?" when its price must be typed next, "bad" when it is neither.
  take(text, currency) {
    const [, times, rest] = /^(?:(\d{1,4})\s*[*xх×]\s*)?(.*)$/i.exec(text.trim());
    const quantity = Number(times ?? 1);
    if (!quantity) return "bad";
    if (!this.unpriced && /^(?=.*\d)(\d{8,}|\w*[A-Za-z]\w*)$/.test(rest)) return this.scanned(rest, quantity);
    const price = minor(rest, currency);
    if (price === null) return "bad";
    const { sku, count } = this.unpriced ?? { sku: "item", count: 1 };
    if (this.unpriced) this.learn(sku, price);
    this.unpriced = null;
    return this.add(sku, quantity * count, price);
  }

  scanned(sku, quantity) {
    const price = stored(localStorage, BOOK, {})[sku];
    if (price !== undefined) return this.add(sku, quantity, price);
    this.unpriced = { sku, count: quantity };
    return "priced?";
  }

  add(sku, quantity, price) {
    const same = this.lines.find((line) => line.sku === sku && line.unit_price === price);
    if (same) same.quantity += quantity;
    else this.lines.push({ sku, quantity, unit_price: price });
    this.keep();
    return "added";
  }

  removeLast() {
    if (this.unpriced) this.unpriced = null;
    else this.lines.pop();
    this.keep();
  }

  learn(sku, price) {
    localStorage.setItem(BOOK, JSON.stringify({ ...stored(localStorage, BOOK, {}), [sku]: price }));
  }

  identify(customer) {
    this.customer = customer;
    this.keep();
  }

  keep() {
    this.id ??= `page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
    sessionStorage.setItem(OWN, JSON.stringify({ id: this.id, lines: this.lines, customer: this.customer }));
  }

  clear() {
    sessionStorage.removeItem(OWN);
    this.id = this.customer = this.unpriced = null;
    this.lines = [];
  }
}
