// A cashier's key or a scanner's? A wedge scanner types a bar code in a burst that ends with Enter. A key counts as
// the cashier's only when no other follows at once. Nothing here calls preventDefault: what is typed arrives.

export const ALONE = 60; // ms without another key that make a key the cashier's
export const TOGETHER = 300; // ms a burst that has begun may pause, and in which its late Enter still belongs to it
const SHORTEST = 3; // characters of a scan; less is a bouncing key and means nothing

export const KEYS = { 1: "accepted", 2: "asked_more", 3: "left", 4: "goodwill", Escape: "skipped", Enter: "finish",
  "+": "add", Delete: "cancel" };
export const OUTCOMES = { settled: "sold", top_reached: "sold", skipped: "sold", nothing_to_offer: "sold", lost: "lost" };

// What keeps a key from its act: the name of the word that says so, or null. `entering`: the entry field has the keys;
// `following`: the checkout is a point of sale's; `begun`: this page has a basket, `items`: and something is in it.
export function hindrance(act, checkout, { entering, following, begun, items }) {
  const state = checkout?.state ?? "closed";
  if (following && (act === "add" || act === "cancel")) return "posBasket";
  if (act === "add") return entering ? "itemHint" : null;
  if (act === "cancel") return begun ? null : "noBasket";
  if (entering) return act === "finish" && items ? null : "itemHint"; // Enter turns to the offer
  if (state === "closed") return "noBasket";
  if (act === "finish") return state in OUTCOMES ? null : "answerFirst";
  if (act === "goodwill") return checkout.goodwill.available > 0 && state !== "lost" ? null : "noGoodwill";
  if (act === "asked_more" && state === "top_reached") return "stays";
  if (checkout.offer) return null;
  if (state !== "nothing_to_offer") return "answered";
  return checkout.ladder.length ? "silent" : "nothing";
}

export function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export class Keyboard {
  // key(name, target, at): the cashier pressed one key, at that time. scan(text): a burst arrived while no field had the focus.
  constructor({ key, scan }) {
    this.key = key;
    this.scan = scan;
    this.pressed = [];
    this.burst = false;
    this.last = -Infinity;
    this.timer = 0;
  }

  listen(target) {
    target.addEventListener("keydown", (event) => this.down(event));
  }

  // True while a scanner is typing: an Enter then is its end and presses no button.
  get scanning() {
    return this.burst;
  }

  down(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    if (event.key === "Shift" || event.key === "CapsLock" || event.key === "AltGraph") return;
    const together = event.timeStamp - this.last < (this.burst ? TOGETHER : ALONE);
    this.last = event.timeStamp;
    clearTimeout(this.timer);
    if (!together) this.settle();
    this.burst = together;
    this.pressed.push({ name: event.key, target: event.target, at: event.timeStamp });
    if (this.burst && event.key === "Enter") this.read();
    this.timer = setTimeout(() => this.settle(), this.burst ? TOGETHER : ALONE);
  }

  // The pause is over: a key that stayed alone was the cashier's.
  settle() {
    const alone = this.pressed.length === 1 && !this.burst && this.pressed.pop();
    if (alone) this.key(alone.name, alone.target, alone.at);
    else this.read();
    this.burst = false;
  }

  // A burst in a field of the page has reached that field already.
  read() {
    const text = this.pressed.map(({ name }) => (name.length === 1 ? name : "")).join("");
    const inField = this.pressed.some(({ target }) => typing(target));
    this.pressed = [];
    if (text.length < SHORTEST || inField) return;
    setTimeout(() => this.scan(text)); // after its Enter: a field focused meanwhile would receive that
  }
}
