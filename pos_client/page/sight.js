// Since when a prompt is in sight, by this device's own clock: from the frame on that shows it. A page in the
// background draws no frame, so a prompt that nobody could see was not in sight.

export class Sight {
  constructor() {
    this.words = null;
    this.since = null;
  }

  // What the page shows from now on; the same words again are the same prompt.
  watch({ checkout_id, offer } = {}) {
    const words = offer ? [checkout_id, offer.rung, offer.amount, offer.pay].join() : null;
    if (words === this.words) return;
    Object.assign(this, { words, since: null });
    requestAnimationFrame((now) => {
      if (this.words === words) this.since = now;
    });
  }

  // Milliseconds the prompt had been in sight `at` the time of a key; 0 for a key that came before it.
  until(at) {
    return this.since === null ? 0 : Math.max(0, Math.round(at - this.since));
  }
}
