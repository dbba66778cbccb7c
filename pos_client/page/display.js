// The customer's display: the label, the discount and what is left to pay, never what else could be asked for.

import { Listening } from "./till.js";
import { money, speak, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const language = speak(new URLSearchParams(location.search).get("language") ?? navigator.language);
document.documentElement.lang = language;

function draw(checkout) {
  const open = checkout && checkout.state !== "closed";
  const cash = (amount) => money(amount, checkout.currency);
  const taken = checkout && (checkout.offer?.amount ?? checkout.discount?.amount);
  $("offer").dataset.state = checkout?.state ?? "idle";
  $("say").textContent = (open && checkout.offer?.label) || "";
  $("amount").textContent = open && taken ? cash(-taken).replace("-", "\u2212") : "";
  $("amount").style.setProperty("--characters", Math.max(6, $("amount").textContent.length));
  $("pay").textContent = open ? `${word("pay")} ${cash(checkout.offer?.pay ?? checkout.pay)}` : "";
  $("disclosure").textContent = (open && checkout.offer?.disclosure) || "";
  $("disclosure").hidden = $("disclosure").textContent === "";
}

new Listening("customer", { checkout: draw, health() {}, silent: () => draw(null) }).open(language);
