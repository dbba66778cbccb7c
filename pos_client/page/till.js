// The till this page talks to: its stream of events and its calls. No other host is ever asked.

const SILENCE = 12000; // ms; the till gives a sign of life every 5 s

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.code ?? String(status));
    this.status = status;
    this.code = problem.code;
  }
}

export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}

export const checkoutPath = (id, call = "") => `v1/checkouts/${encodeURIComponent(id)}${call}`;

// What the rung on the table or the agreed one and the cashier's gesture take off together, in minor units.
export function takenOff({ state, offer, discount, goodwill }) {
  if (state === "lost") return 0;
  return ((offer ?? discount)?.amount ?? 0) + (goodwill?.given ?? 0);
}

// Tells what the till tells, for ever; `silent()` when it stops.
export class Listening {
  constructor(view, { checkout, health, silent }) {
    this.view = view;
    this.heard = { checkout, health };
    this.silent = silent;
  }

  open(language) {
    this.language = language;
    this.source?.close();
    clearTimeout(this.again);
    this.source = new EventSource(`v1/stream?view=${this.view}&language=${language}`);
    for (const name of Object.keys(this.heard)) {
      this.source.addEventListener(name, (event) => {
        this.watch();
        this.heard[name](JSON.parse(event.data));
      });
    }
    this.source.onerror = () => {
      this.silent();
      if (this.source.readyState === EventSource.CLOSED) this.reopen(1000);
    };
    this.watch();
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.silent();
      this.reopen(0);
    }, SILENCE);
  }

  reopen(delay) {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.open(this.language), delay);
  }
}
