// The flow for those who do not see the picture, or want its figures.

import { element, name } from "./element.js";
import { count, perSecond } from "./figures.js";
import { fill } from "./table.js";

export function showFlows(table, flows) {
  fill(table, {
    caption: "Messages by platform, who, rule and where they went",
    columns: [
      { label: "Platform" }, { label: "Who" }, { label: "Rule" }, { label: "To" },
      { label: "Now", numeric: true }, { label: "In all", numeric: true },
    ],
    rows: flows.map((flow) => [
      name(flow.platform || "unknown"), name(flow.source_kind || "–"), name(flow.route || "–"), end(flow),
      perSecond(flow.rate), count(flow.count),
    ]),
    empty: "No messages yet.",
  });
}

function end({ outcome, reason, queue, model }) {
  if (outcome === "dead") return element("span", { class: "bad" }, `dead: ${reason}`);
  if (outcome === "duplicate") return "dropped as a repeat";
  return name(queue || model);
}
