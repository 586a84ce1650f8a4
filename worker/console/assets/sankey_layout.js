// Where nodes and bands of the flow stand. Pure: flows and rates in, places out.

import { colourOf, placeOf } from "./palette.js";
import { roundUp } from "./figures.js";

const KINDS = ["owner", "hub_peer", "cron", "stranger"];
const NODE = 10; // width
const THIN = 2; // the least height: a node that was busy is seen when it is not
const LEAST_SCALE = 2; // messages per second that fill the picture, at least
const BEND = 0.5;

export const END = 3;

export function keyOf(flow) {
  return JSON.stringify(pathOf(flow).map((node) => node.id).concat(flow.model ?? ""));
}

// The nodes that a flow goes through; a message that is dead early leaves those out it did not reach.
export function pathOf(flow) {
  const { platform, source_kind: kind, route } = flow;
  const path = [{ id: `p:${platform}`, column: 0, name: platform || "unknown", rank: [platform === "other" ? 1 : 0, platform] }];
  if (kind && kind !== "unknown") {
    path.push({ id: `k:${kind}`, column: 1, name: kind, rank: [KINDS.indexOf(kind)] });
  }
  if (route) path.push({ id: `r:${route}`, column: 2, name: route, rank: [flow.place, route] });
  return [...path, endOf(flow)];
}

function endOf({ outcome, reason, queue, model }) {
  if (outcome === "dead") return { id: `d:${reason}`, column: END, name: reason, colour: "dead", rank: [2, reason] };
  if (outcome === "duplicate") return { id: "e:repeat", column: END, name: "repeats, dropped", colour: "none", rank: [1] };
  const own = queue || model; // a model's own queue is called after it
  return { id: queue ? `q:${queue}` : `m:${model}`, column: END, name: own, colour: colourOf(model), rank: [0, placeOf(model), own] };
}

// `values`: key of a flow to its rate. `size`: {width, top, gap, right, least} in pixels, and `at`,
// the places of the columns from 0 to 1.
export function layout(flows, values, full, size) {
  const nodes = new Map();
  const bands = new Map();
  for (const flow of flows) {
    const value = values.get(keyOf(flow)) ?? 0;
    const path = pathOf(flow);
    const end = path.at(-1);
    path.forEach((node, at) => {
      const known = nodes.get(node.id) ?? { ...node, value: 0, into: [], out: [] };
      nodes.set(node.id, known);
      known.value += value;
      if (at > 0) join(bands, nodes.get(path[at - 1].id), known, end, value);
    });
  }
  const columns = [0, 1, 2, END].map((column) =>
    [...nodes.values()].filter((node) => node.column === column).sort(byRank));
  const height = place(columns, full, size);
  fan(nodes);
  return { nodes: [...nodes.values()], bands: [...bands.values()], columns, height };
}

// The rate that fills the height: round, so that it seldom changes.
export function fullScale(most) {
  return roundUp(most, LEAST_SCALE);
}

function join(bands, from, to, end, value) {
  const id = `${from.id}\n${to.id}\n${end.id}`;
  let band = bands.get(id);
  if (band === undefined) {
    band = { id, from, to, end, value: 0 };
    bands.set(id, band);
    from.out.push(band);
    to.into.push(band);
  }
  band.value += value;
}

function byRank(a, b) {
  for (let at = 0; at < Math.max(a.rank.length, b.rank.length); at += 1) {
    const [x, y] = [a.rank[at] ?? "", b.rank[at] ?? ""];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function place(columns, full, { width, top, gap, right, least, at: places }) {
  const most = Math.max(...columns.map((column) => column.length));
  const inner = Math.max(least, most * (gap + THIN) + least * 0.65);
  // One scale for all columns, or a band would change its width on its way.
  const room = (column) => inner - (column.length - 1) * gap - column.length * THIN;
  const scale = Math.min(...columns.map(room)) / full;
  columns.forEach((column, at) => {
    const x = (width - right - NODE) * places[at];
    for (const node of column) Object.assign(node, { x, width: NODE, scale });
    spread(column, scale, inner, top, gap);
  });
  return inner + top;
}

function spread(column, scale, inner, top, gap) {
  for (const node of column) node.height = Math.max(THIN, node.value * scale);
  const used = column.reduce((sum, node) => sum + node.height, 0);
  const spare = inner - used;
  // Spread, but not torn apart: what is short stays together in the middle.
  const between = column.length > 1 ? Math.min(spare / (column.length - 1), gap * 3.5) : 0;
  let y = top + (spare - between * (column.length - 1)) / 2;
  for (const node of column) {
    node.y = y;
    y += node.height + between;
  }
}

// Order the bands of each node as their other ends stand, so that they cross as little as can be.
function fan(nodes) {
  for (const node of nodes.values()) {
    node.out.sort((a, b) => a.to.y - b.to.y || a.end.y - b.end.y);
    node.into.sort((a, b) => a.from.y - b.from.y || a.end.y - b.end.y);
    let y = node.y;
    for (const band of node.out) {
      band.thick = band.value * node.scale;
      band.y0 = y + band.thick / 2;
      y += band.thick;
    }
    y = node.y;
    for (const band of node.into) {
      const thick = band.value * node.scale;
      band.y1 = y + thick / 2;
      y += thick;
    }
  }
}

export function bend({ from, to, y0, y1 }) {
  const [x0, x1] = [from.x + from.width, to.x];
  const middle = x0 + (x1 - x0) * BEND;
  return `M${fixed(x0)} ${fixed(y0)}C${fixed(middle)} ${fixed(y0)} ${fixed(middle)} ${fixed(y1)} ${fixed(x1)} ${fixed(y1)}`;
}

function fixed(number) {
  return number.toFixed(1);
}
