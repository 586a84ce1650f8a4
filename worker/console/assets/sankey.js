// The flow as a picture: widths are rates, and what has flowed keeps its place.

import { cut, element, replace, svg } from "./element.js";
import { Fade } from "./fade.js";
import { perSecond } from "./figures.js";
import { END, bend, fullScale, keyOf, layout } from "./sankey_layout.js";

const NARROW = 620;
const HEADINGS = ["Platform", "Who", "Rule", "Model queue, or dead"];
const CALMED = 60; // seconds after which the scale may shrink

export class Sankey {
  constructor(place) {
    this.place = place;
    this.flows = [];
    this.most = [];
    this.fade = new Fade((values) => this.draw(values));
    this.parts = new Map();
    new ResizeObserver(() => this.draw(this.fade.now)).observe(place);
  }

  show(flows, total) {
    this.flows = flows;
    this.most = [...this.most, total].slice(-CALMED);
    const values = new Map();
    for (const flow of flows) values.set(keyOf(flow), (values.get(keyOf(flow)) ?? 0) + flow.rate);
    this.fade.to(values);
  }

  draw(values) {
    const width = this.place.clientWidth;
    if (width === 0) return;
    if (this.flows.length === 0) {
      replace(this.place, element("p", { class: "empty" }, "No messages yet. The picture draws itself with the first one."));
      this.picture = null;
      return;
    }
    const narrow = width < NARROW;
    const size = narrow
      ? { width, top: 34, gap: 34, right: 0, least: 220, at: [0, 0.235, 0.5, 1] }
      : { width, top: 36, gap: 20, right: Math.min(230, width * 0.2), least: 250, at: [0, 1 / 3, 2 / 3, 1] };
    const drawn = layout(this.flows, values, fullScale(Math.max(...this.most)), size);
    this.prepare(width, drawn.height);
    this.heads(size, narrow);
    this.set("band", drawn.bands, this.bands, (band) => this.newBand(band), drawBand);
    this.set("node", drawn.nodes, this.nodes, (node) => this.newNode(node), (part, node) =>
      drawNode(part, node, room(size, node, narrow), narrow));
  }

  prepare(width, height) {
    if (!this.picture) {
      this.parts.clear();
      this.bands = svg("g");
      this.nodes = svg("g");
      this.headings = svg("g");
      this.picture = svg("svg", { role: "img", "aria-label": "Flow from platforms through rules to model queues; the table below says the same." },
        svg("defs", {}, hatch()), this.headings, this.bands, this.nodes);
      replace(this.place, this.picture);
    }
    this.picture.classList.toggle("narrow", width < NARROW);
    this.picture.setAttribute("viewBox", `0 0 ${width} ${Math.ceil(height) + 4}`);
    this.picture.setAttribute("height", Math.ceil(height) + 4);
  }

  heads({ width, right, at: places }, narrow) {
    replace(this.headings, HEADINGS.map((text, at) => {
      const end = narrow && at === END;
      const x = end ? width : (width - right - 10) * places[at];
      return svg("text", { class: "heading", x, y: 10, "text-anchor": end ? "end" : "start" }, narrow ? text.split(",")[0] : text);
    }));
  }

  // Keep one element per thing: what moves is moved, not drawn anew.
  set(kind, things, parent, make, draw) {
    const wanted = new Set(things.map((thing) => `${kind} ${thing.id}`));
    for (const [key, part] of this.parts) {
      if (key.startsWith(`${kind} `) && !wanted.has(key)) {
        part.remove();
        this.parts.delete(key);
      }
    }
    for (const thing of things) {
      const key = `${kind} ${thing.id}`;
      if (!this.parts.has(key)) {
        const part = make(thing);
        this.parts.set(key, part);
        parent.append(part);
      }
      draw(this.parts.get(key), thing);
    }
  }

  newBand(band) {
    const dead = band.end.colour === "dead";
    return svg("path", { class: `link-band stroke-${band.end.colour}`, stroke: dead ? "url(#hatch)" : null }, svg("title"));
  }

  newNode(node) {
    const part = svg("g", {}, svg("rect", { rx: 1.5 }),
      svg("text", { class: "halo" }, svg("tspan", { class: "node-name" }), svg("tspan", { class: "quiet-text" })), svg("title"));
    part.addEventListener("pointerenter", () => this.look(node.id));
    part.addEventListener("pointerleave", () => this.look(null));
    return part;
  }

  // Show only the bands that go through a node.
  look(id) {
    this.picture.classList.toggle("looking", id !== null);
    for (const [key, part] of this.parts) {
      if (key.startsWith("band ")) part.classList.toggle("lit", id !== null && key.slice(5).split("\n").includes(id));
    }
  }
}

function drawBand(part, band) {
  part.setAttribute("d", bend(band));
  part.setAttribute("stroke-width", Math.max(band.thick, 1).toFixed(1));
  part.classList.toggle("still", band.value < 0.005);
  title(part, `${band.from.name} → ${band.to.name}, to ${band.end.name}: ${perSecond(band.value)}`);
}

function drawNode(part, node, longest, narrow) {
  part.setAttribute("class", `node ${node.colour ? `fill-${node.colour}` : ""} ${node.value < 0.005 ? "still" : ""}`);
  const [box, text] = part.children;
  for (const [key, value] of Object.entries({ x: node.x, y: node.y, width: node.width, height: node.height })) {
    box.setAttribute(key, value.toFixed(1));
  }
  const end = narrow && node.column === END;
  const x = end ? node.x - 5 : node.x + node.width + 6;
  const middle = node.y + node.height / 2;
  text.setAttribute("text-anchor", end ? "end" : "start");
  // Above its band, where there is one: a line through letters is hard to read.
  const above = !narrow && node.column !== END;
  text.setAttribute("y", (above ? node.y - 4 : narrow ? middle - 3 : middle + 4).toFixed(1));
  const [label, figure] = text.children;
  label.setAttribute("x", x.toFixed(1));
  put(label, cut(node.name, longest));
  if (narrow) {
    figure.setAttribute("x", x.toFixed(1));
    figure.setAttribute("dy", 13);
  } else {
    figure.removeAttribute("x");
    figure.removeAttribute("dy");
  }
  put(figure, narrow ? perSecond(node.value) : `  ${perSecond(node.value)}`);
  title(part, `${node.name}: ${perSecond(node.value)}`);
}

// How many letters a label has room for. On a phone the last two columns share what is between them.
function room({ width, right, at }, { column }, narrow) {
  const own = column === END ? right : (width - right) * (at[column + 1] - at[column]);
  const shared = narrow && column >= END - 1 ? (width * (1 - at[END - 1])) / 2 : own;
  return Math.max(5, Math.floor((shared - (narrow ? 18 : 72)) / (narrow ? 7.2 : 6.8)));
}

function hatch() {
  return svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { class: "hatch-ground", width: 6, height: 6 }), svg("line", { class: "hatch-line", x1: 0, y1: 0, x2: 0, y2: 6 }));
}

function title(part, text) {
  put(part.querySelector(":scope > title"), cut(text, 400));
}

function put(part, text) {
  if (part.textContent !== text) part.textContent = text;
}
