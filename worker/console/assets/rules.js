// The effective table: what each rule wants, where it leads, and how often it has.

import { element, name, svg } from "./element.js";
import { count, perSecond } from "./figures.js";
import { colourOf } from "./palette.js";
import { fill } from "./table.js";

export function showRules(table, note, effective, overview) {
  if (effective === null) return;
  const hits = new Map(overview.rules.map((rule) => [rule.name, rule]));
  const most = Math.max(1, ...overview.rules.map((rule) => rule.hits));
  const told = overview.rules.length > 0;
  const base = { name: "base", match: [], ...effective.base };
  const rules = [...effective.rules, base];
  fill(table, {
    caption: "The effective table, in the order it is tried",
    columns: [
      { label: "Rule" }, { label: "When", wide: true }, { label: "To", wide: true },
      { label: "Now", numeric: true }, { label: "Hits", numeric: true },
    ],
    rows: rules.map((rule) => row(rule, hits.get(rule.name), most, told)),
  });
  const never = told ? effective.rules.filter((rule) => hits.get(rule.name)?.hits === 0).length : 0;
  note.textContent = `Tried in this order; the first that matches wins. ${never ? `${never} of ${effective.rules.length} never hit.` : ""}`;
}

function row(rule, heard, most, told) {
  const hits = heard?.hits ?? 0;
  const never = told && heard !== undefined && hits === 0;
  return [
    name(rule.name, "code"),
    when(rule),
    to(rule),
    heard ? perSecond(heard.rate) : "–",
    element("span", { class: "hits" },
      never ? element("span", { class: "tag warn" }, "never") : heard ? count(hits) : "–",
      never || !heard ? null : meter(hits / most)),
  ];
}

function when(rule) {
  if (rule.name === "base" && rule.match.length === 0) return element("span", { class: "quiet" }, "whatever no rule matches");
  return element("span", {}, rule.match.flatMap(({ key, wanted }, at) => [
    at > 0 ? element("span", { class: "quiet" }, " and ") : "",
    `${key} `, name(text(wanted), "code"),
  ]));
}

function to(rule) {
  if (rule.deny) return element("span", { class: "bad" }, "denied");
  const places = rule.split?.length ? rule.split.map((each) => [each, `${each.percent} % `]) : [[rule, ""]];
  return element("span", {}, places.map(([{ runtime, queue }, share], at) => element("span", {},
    at > 0 ? ", " : "", share, element("span", { class: `swatch swatch-${colourOf(runtime.model)}`, "aria-hidden": "true" }),
    name(runtime.model), queue === `turns.${runtime.model}` || queue.endsWith(`turns.${runtime.model}`) ? null : element("span", { class: "quiet" }, " by ", name(queue)))));
}

function meter(part) {
  return svg("svg", { class: "meter", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "meter-ground", width: 100, height: 6, rx: 2 }),
    svg("rect", { class: "meter-bar", width: (100 * part).toFixed(1), height: 6, rx: 2 }));
}

function text(wanted) {
  return typeof wanted === "string" ? wanted : JSON.stringify(wanted);
}
