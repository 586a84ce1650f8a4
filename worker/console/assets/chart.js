// Lines over the last minutes, ten at most, with axes to read them by.

import { element, replace, svg } from "./element.js";
import { clock, ticks } from "./figures.js";

const SPANS = [60, 120, 300, 600]; // seconds
const HEIGHT = 168;
const LEFT = 44;
const BOTTOM = 20;
const TOP = 8;

export class Chart {
  // `series`: {label, of: (point) => number or null, look, area}; `written`: a value as text,
  // `marked`: one of an axis.
  constructor(place, { label, series, written, marked, least }) {
    Object.assign(this, { place, label, series, written, marked, least });
    Object.assign(this, { points: [], now: 0, step: 1, span: SPANS[0], at: null });
    this.legend = element("p", { class: "legend" });
    this.frame = element("div");
    replace(place, this.legend, this.frame);
    new ResizeObserver(() => this.draw()).observe(place);
    place.addEventListener("pointermove", (event) => this.point(event));
    place.addEventListener("pointerleave", () => this.point(null));
  }

  show(points, now, step) {
    Object.assign(this, { points, now, step });
    this.draw();
  }

  draw() {
    const width = this.place.clientWidth;
    if (width === 0) return;
    const { now } = this;
    const age = now - (this.points[0]?.at ?? now);
    const span = SPANS.find((each) => each >= age) ?? SPANS.at(-1);
    const shown = this.points.filter((point) => point.at > now - span);
    this.span = span;
    const values = this.series.flatMap((each) => shown.map(each.of)).filter((value) => value !== null);
    const marks = ticks(Math.max(this.least, ...values));
    const most = marks.at(-1);
    const x = (at) => LEFT + ((width - LEFT - 2) * (at - now + span)) / span;
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most);
    this.tell(shown);
    replace(this.frame, svg("svg", { role: "img", "aria-label": `${this.label}; the table below says the same.`, viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT },
      this.axes(marks, width, y),
      this.series.map((each) => lines(each, shown, x, y, 2 * this.step)),
      shown.length < 2 ? svg("text", { class: "quiet-text", x: LEFT + (width - LEFT) / 2, y: HEIGHT / 2, "text-anchor": "middle" }, "Each step takes five seconds.") : null,
      this.at === null ? null : svg("line", { class: "cursor-line", x1: x(this.at), x2: x(this.at), y1: TOP, y2: HEIGHT - BOTTOM })));
  }

  axes(marks, width, y) {
    const across = marks.map((mark) => [
      svg("line", { class: mark === 0 ? "axis-line" : "grid-line", x1: LEFT, x2: width, y1: y(mark), y2: y(mark) }),
      svg("text", { class: "heading", x: LEFT - 7, y: y(mark) + 4, "text-anchor": "end" }, this.marked(mark)),
    ]);
    const along = [[1, "start", `${this.span / 60} min ago`], [0.5, "middle", half(this.span)], [0, "end", "now"]].map(
      ([part, anchor, text]) => svg("text", {
        class: "heading", y: HEIGHT - 4, x: LEFT + (width - LEFT) * (1 - part), "text-anchor": anchor,
      }, text));
    return svg("g", {}, across, along);
  }

  // The legend says what each line is, and its value: the last one, or that under the pointer.
  tell(shown) {
    const point = this.at === null ? shown.at(-1) : nearest(shown, this.at);
    const parts = this.series.map((each) => {
      const value = point ? each.of(point) : null;
      return element("span", {},
        svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, svg("path", { class: `series ${each.look}`, d: "M1 5H21" })),
        `${each.label} `, element("b", {}, value === null ? "–" : this.written(value)));
    });
    const when = this.at !== null && point ? element("span", { class: "quiet" }, `at ${clock(point.at * 1000)}`) : null;
    replace(this.legend, parts, when);
  }

  point(event) {
    if (event === null) {
      this.at = null;
    } else {
      const width = this.place.clientWidth;
      const part = (event.clientX - this.place.getBoundingClientRect().left - LEFT) / (width - LEFT - 2);
      this.at = this.now - this.span + this.span * Math.min(1, Math.max(0, part));
    }
    this.draw();
  }
}

function lines({ of, look, area }, points, x, y, longest) {
  const runs = [];
  let run = null;
  for (const point of points) {
    const value = of(point);
    // A line ends where nothing was heard, instead of guessing.
    if (value === null || (run !== null && point.at - run.last > longest)) run = null;
    if (value === null) continue;
    if (run === null) runs.push((run = { path: [], last: 0 }));
    run.path.push(`${x(point.at).toFixed(1)} ${y(value).toFixed(1)}`);
    run.last = point.at;
  }
  return runs.map(({ path }) => svg("g", {},
    area && path.length > 1 ? svg("path", { class: "area", d: `M${path.join("L")}L${path.at(-1).split(" ")[0]} ${y(0)}L${path[0].split(" ")[0]} ${y(0)}Z` }) : null,
    svg("path", { class: `series ${look}`, d: `M${path.join("L")}${path.length === 1 ? "h1" : ""}` })));
}

function half(span) {
  return span < 240 ? `${span / 2} s` : `${span / 120} min`;
}

function nearest(points, at) {
  return points.reduce((best, point) =>
    (best === undefined || Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best), undefined);
}
