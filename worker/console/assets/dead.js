// Dead letters: how many by reason, and the last ones. Never a body.

import { element, name } from "./element.js";
import { clock, count, perSecond } from "./figures.js";
import { fill } from "./table.js";

export function showDead(reasons, samples, overview) {
  fill(reasons, {
    caption: "Dead letters by reason",
    columns: [
      { label: "Reason" }, { label: "Now", numeric: true },
      { label: "10 min", numeric: true }, { label: "In all", numeric: true },
    ],
    rows: overview.dead.map((each) => [
      element("span", {}, element("span", { class: "swatch swatch-dead", "aria-hidden": "true" }), each.reason),
      perSecond(each.rate), count(each.recent), count(each.count),
    ]),
    empty: "None. Whatever came in became a turn.",
    cards: false,
  });
  fill(samples, {
    caption: "The last dead letters",
    columns: [{ label: "At" }, { label: "Reason", wide: true }, { label: "From", wide: true }, { label: "Detail", wide: true }, { label: "Worker", wide: true }],
    rows: overview.dead_letters.map((letter) => [
      clock(letter.at), letter.reason, from(letter), detail(letter), name(letter.worker),
    ]),
    empty: "No samples.",
  });
}

function detail({ detail: text, message_id: id }) {
  return element("span", {}, name(text), id ? element("span", { class: "quiet" }, " ", name(id, "code")) : "");
}

function from({ platform, source_kind: kind, route }) {
  return element("span", {}, name(platform || "unknown"),
    kind && kind !== "unknown" ? `, ${kind}` : "",
    route ? element("span", { class: "quiet" }, " by ", name(route, "code")) : "");
}
