// The answer of the tester: where it goes, and every rule that was tried on the way.

import { element, name, replace } from "./element.js";
import { colourOf } from "./palette.js";

export function showAnswer(place, said) {
  replace(place, verdict(said), said.source_kind ? who(said) : null, said.rules ? tried(said.rules, said.route) : null,
    said.runtime ? runtime(said) : null, notes(said));
}

function verdict(said) {
  if (said.dead) {
    return element("p", { class: "verdict" }, element("span", { class: "bad" }, `Dead: ${said.dead.reason}`),
      element("span", { class: "quiet" }, " ", said.dead.detail));
  }
  const { model } = said.runtime;
  return element("p", { class: "verdict" },
    element("span", { class: `swatch swatch-${colourOf(model.value)}`, "aria-hidden": "true" }), name(said.queue),
    element("span", { class: "quiet" }, " by ", name(said.route.name, "code"), ` (${said.route.reason})`));
}

function who(said) {
  return element("p", {}, "From ", element("b", {}, said.source_kind), " on ", name(said.platform),
    said.instance ? element("span", {}, "/", name(said.instance)) : null,
    element("span", { class: "quiet" }, `: ${said.why}`));
}

function tried(rules, route) {
  if (rules.length === 0) {
    return element("p", { class: "quiet" }, route ? `No rule was tried: ${route.reason}.` : "No rule was tried.");
  }
  const items = rules.map((rule) => element("li", {},
    element("span", { class: `sign ${rule.matched ? "good" : "quiet"}`, "aria-hidden": "true" }, rule.matched ? "✓" : "✗"),
    element("span", { class: rule.matched ? "hit" : null }, name(rule.name, "code"), " ", why(rule))));
  return element("div", {}, element("h3", {}, "Rules tried"), element("ol", { class: "tried" }, items));
}

function why({ matched, failed, denies }) {
  if (matched) return denies ? "matches, and denies" : "matches";
  const { key, wanted, had } = failed;
  return element("span", { class: "quiet" }, "wants ", name(key), " ", name(wanted, "code"),
    had === null ? ", and there is none" : [", and it is ", name(had, "code")]);
}

function runtime(said) {
  const fields = Object.entries(said.runtime).filter(([, { value }]) => value !== null && !isEmpty(value));
  const extra = [["priority", said.priority], ["expires in", said.expires_in === null ? null : `${said.expires_in} s`],
    ["conversation", said.conversation], ["routing key", said.routing_key]];
  const terms = [
    ...fields.map(([key, { value, from }]) => [key, element("span", {}, name(text(value)), element("span", { class: "quiet" }, ` from ${from}`))]),
    ["fallbacks", said.fallbacks.length ? said.fallbacks.map((each) => each.model).join(", then ") : null],
    ...extra,
  ].filter(([, value]) => value !== null && value !== undefined);
  return element("details", {}, element("summary", {}, "What the runner gets"),
    element("dl", { class: "facts" }, terms.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, typeof value === "object" ? value : name(String(value)))])));
}

function notes(said) {
  const lines = [...(said.notes ?? [])];
  for (const each of said.limits ?? []) lines.push(`counts against the limit ${each.limit}`);
  if (said.split) {
    const chosen = said.split.variants.find((variant) => variant.chosen);
    lines.push(`variant ${chosen?.name} of the split: lot ${said.split.lot} of ${said.split.total}`);
  }
  if (said.route?.override_ignored) lines.push(`the override is ignored: ${said.route.override_ignored}`);
  return lines.length ? element("ul", { class: "notes quiet" }, lines.map((line) => element("li", {}, line))) : null;
}

function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEmpty(value) {
  return value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}
