// The customer's display: the label, the discount and what is left to pay, never what else could be asked for.

import { Listening, takenOff } from "./till.js";
import { money, speak, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const language = speak(new URLSearchParams(location.search).get("language") ?? navigator.language);
document.documentElement.lang = language;

function draw(checkout) {
  const open = checkout && checkout.state !== "closed";
  const cash = (amount) => money(amount, checkout.currency);
  const taken = checkout ? takenOff(checkout) : 0;
  $("offer").dataset.state = checkout?.state ?? "idle";
  $("say").textContent = (open && checkout.offer?.label) || "";
  $("amount").textContent = open && taken ? cash(-taken) : "";
  $("amount").style.setProperty("--characters", Math.max(6, $("amount").textContent.length));
  $("pay").textContent = open ? `${word("pay")} ${cash(checkout.offer?.pay ?? checkout.pay)}` : "";
  $("disclosure").textContent = (open && checkout.offer?.disclosure) || "";
  $("disclosure").hidden = $("disclosure").textContent === "";
}

new Listening("customer", { checkout: draw, health() {}, silent: () => draw(null) }).open(language);
