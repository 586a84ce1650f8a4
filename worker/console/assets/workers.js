// The workers, and which of them serves which partition.

import { element, name } from "./element.js";
import { ago, count, duration, perSecond, plural } from "./figures.js";
import { fill } from "./table.js";

const LOOK = { ready: "good", draining: "warn", not_ready: "bad", silent: "bad", left: "quiet" };
const MOST = 64; // partitions shown

export function showWorkers(table, note, overview) {
  const commonest = overview.tables[0]?.digest;
  fill(table, {
    caption: "Workers",
    columns: [
      { label: "Worker" }, { label: "State", wide: true }, { label: "Rate", numeric: true },
      { label: "In hand", numeric: true }, { label: "Serves", numeric: true }, { label: "Table", wide: true }, { label: "Up", numeric: true },
    ],
    rows: overview.workers.map((worker) => [
      name(worker.id), state(worker), perSecond(worker.rate), count(worker.unsettled), count(worker.partitions_served),
      worker.table === commonest ? element("code", {}, worker.table) : element("code", { class: "warn" }, `${worker.table}, another`),
      duration(worker.uptime),
    ]),
    empty: "No worker is heard.",
  });
  const left = overview.workers_left_out;
  note.textContent = left ? `and ${count(left)} more` : "";
}

export function showPartitions(table, note, overview) {
  const served = overview.partitions.filter((each) => each.worker !== null).length;
  fill(table, {
    caption: "Partitions and who serves them",
    columns: [{ label: "Partition" }, { label: "Served by" }, { label: "Last delivery", numeric: true }],
    rows: overview.partitions.slice(0, MOST).map((each) => [
      name(typeof each.partition === "number" ? `inbound.${each.partition}` : each.partition),
      each.worker === null ? element("span", { class: "quiet" }, "nobody heard yet") : name(each.worker),
      each.ago === null ? "–" : ago(each.ago),
    ]),
    empty: "None is known yet.",
    cards: false,
  });
  const more = overview.partitions.length - MOST;
  note.textContent = `${served} of ${plural(overview.partitions.length, "partition")} delivered something${more > 0 ? `; the first ${MOST} are shown` : ""}`;
}

function state({ state: said, problem, blocked, paused, heard_ago: heard }) {
  const word = { not_ready: "not ready", silent: `silent, ${ago(heard)}`, left: `left ${ago(heard)}` }[said] ?? said;
  const more = [problem, blocked ? "publishing is blocked" : null, paused ? "takes no more for now" : null].filter(Boolean);
  return element("span", {}, element("b", { class: LOOK[said] ?? "quiet" }, word), more.length ? `: ${more.join("; ")}` : "");
}
