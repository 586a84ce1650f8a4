// The one line at the top: what is wrong, the worst first, or that all is well.

import { element, replace } from "./element.js";
import { plural } from "./figures.js";

const WELL = "All is well";
const FIRST_RATES = 2.5; // seconds of listening before which nothing seems to flow

export function showStatus(overview) {
  const [worst, ...others] = overview.problems; // the worst first
  if (worst) set(worst.severity, worst.text, others);
  else if (overview.listened < FIRST_RATES) set("waiting", "Listening …", []);
  else set("well", calm(overview), []);
}

export function showLost(line) {
  set("problem", `This page hears nothing from its worker: ${line}. What it shows is old.`, []);
}

function set(level, text, others) {
  document.getElementById("status").dataset.level = level;
  const line = document.getElementById("status-line");
  if (line.textContent !== text) line.textContent = text; // said once, not once a second
  const more = document.getElementById("status-more");
  more.hidden = others.length === 0;
  more.querySelector("summary").textContent = `and ${plural(others.length, "more thing")}`;
  const list = more.querySelector("ul");
  const key = others.map((each) => each.text).join("\n");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  replace(list, others.map((each) => element("li", {}, each.text)));
}

function calm(overview) {
  return overview.rates.accepted + overview.rates.dead + overview.rates.duplicate > 0 ? `${WELL}.` : `${WELL}. Nothing flows at the moment.`;
}
