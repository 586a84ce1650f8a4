// The few figures that say how it goes.

import { element, replace } from "./element.js";
import { count, latency, rate } from "./figures.js";

export function showTiles(list, overview) {
  const { rates, latency: lasted, totals } = overview;
  const workers = overview.workers.filter((worker) => worker.state !== "left");
  const ready = workers.filter((worker) => worker.state === "ready").length;
  const messages = rates.accepted + rates.dead + rates.duplicate;
  const tiles = [
    ["Messages", rate(messages), "/s"],
    ["Turns published", rate(rates.accepted), "/s"],
    ["Dead letters", rate(rates.dead), "/s", rates.dead > 0 && rates.dead > 0.05 * messages],
    ["Latency p50", ...latency(lasted.p50)],
    ["Latency p99", ...latency(lasted.p99)],
    ["In hand", count(totals.unsettled), ""],
    ["Turns in all", count(totals.accepted), ""],
    ["Workers ready", `${ready}`, `of ${workers.length}`, ready < workers.length || ready === 0],
  ];
  const parts = tiles.map(([label, figure, unit, alert]) =>
    element("div", { class: alert ? "alert" : null },
      element("dt", {}, label),
      element("dd", {}, figure, unit ? element("span", { class: "unit" }, ` ${unit}`) : null)));
  replace(list, parts);
}
