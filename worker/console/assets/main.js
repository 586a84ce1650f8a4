// The page: what is told once a second goes to each part.

import { showDead } from "./dead.js";
import { showFlows } from "./flow_table.js";
import { History } from "./history.js";
import { learn } from "./palette.js";
import { showRules } from "./rules.js";
import { Sankey } from "./sankey.js";
import { showLost, showStatus } from "./status.js";
import { Stream } from "./stream.js";
import { Tester } from "./tester.js";
import { showTiles } from "./tiles.js";
import { showPartitions, showWorkers } from "./workers.js";

const LOST_AFTER = 5000;
const at = (id) => document.getElementById(id);

const history = new History(at("throughput"), at("latency"), at("history-table"));
const sankey = new Sankey(at("sankey"));
const tester = new Tester(at("tester-form"), at("answer"));
let effective = null;
let asking = null;
let lostTimer = null;

async function askTable(digest) {
  if (asking === digest) return;
  asking = digest;
  try {
    const answer = await fetch("api/table", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    effective = await answer.json();
    learn(effective.models);
    tester.offer(effective.platforms);
    at("where").textContent = [effective.prefix && `prefix ${effective.prefix}`, `worker ${effective.worker}`].filter(Boolean).join(", ");
    at("foot").textContent = `Pointsman ${effective.version}, table ${effective.table}.`;
  } catch {
    asking = null; // with the next overview
  }
}

async function show(overview) {
  await askTable(JSON.stringify(overview.tables));
  const order = new Map(overview.rules.map((rule, place) => [rule.name, place]));
  const flows = overview.flows.map((flow) => ({ ...flow, place: order.get(flow.route) ?? order.size }));
  flows.sort((a, b) => (flowKey(a) < flowKey(b) ? -1 : 1));
  showStatus(overview);
  showTiles(at("tiles"), overview);
  sankey.show(flows, flows.reduce((sum, flow) => sum + flow.rate, 0));
  showFlows(at("flow-table"), flows);
  history.take(overview);
  showRules(at("rules-table"), at("rules-note"), effective, overview);
  showDead(at("dead-reasons"), at("dead-samples"), overview);
  showWorkers(at("workers-table"), at("workers-note"), overview);
  showPartitions(at("partitions-table"), at("partitions-note"), overview);
  document.body.dataset.shown = overview.at;
}

function flowKey({ platform, source_kind: kind, place, outcome, model, queue, reason }) {
  return [platform, kind, String(place).padStart(5), outcome, model, queue, reason].join("\n");
}

function state(which, line) {
  const link = at("link");
  link.dataset.state = which;
  link.textContent = line;
  if (which !== "lost") {
    clearTimeout(lostTimer);
    lostTimer = null;
  } else {
    lostTimer ??= setTimeout(() => showLost(line), LOST_AFTER); // from the first loss on
  }
}

new Stream(show, state);
