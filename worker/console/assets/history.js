// The last ten minutes: two charts, and a table of minutes for those who do not see them.

import { Chart } from "./chart.js";
import { clock, latency, rate } from "./figures.js";
import { fill } from "./table.js";

const MINUTE = 60;

export class History {
  constructor(throughput, lasted, table) {
    this.points = [];
    this.table = table;
    this.throughput = new Chart(throughput, {
      label: "Messages per second over ten minutes",
      least: 1,
      written: rate,
      marked: (number) => number.toLocaleString("en"),
      series: [
        { label: "turns", of: (point) => point.accepted, look: "series-main", area: true },
        { label: "dead", of: (point) => point.dead, look: "series-dead" },
        { label: "repeats", of: (point) => point.duplicate, look: "series-quiet" },
      ],
    });
    this.latency = new Chart(lasted, {
      label: "Latency over ten minutes",
      least: 0.004,
      written: (seconds) => latency(seconds).join(" "),
      marked: mark,
      series: [
        { label: "p50", of: (point) => point.p50, look: "series-main" },
        { label: "p99", of: (point) => point.p99, look: "series-dead series-tail" },
      ],
    });
  }

  take({ at, step, history }) {
    const now = Date.parse(at) / 1000;
    const last = history.length - 1;
    this.points = history.flatMap((point, place) =>
      (point === null ? [] : [{ ...point, at: now - step * (last - place) }]));
    this.throughput.show(this.points, now, step);
    this.latency.show(this.points, now, step);
    this.minutes();
  }

  minutes() {
    const minutes = new Map();
    for (const point of this.points) {
      const minute = Math.floor(point.at / MINUTE);
      minutes.set(minute, [...(minutes.get(minute) ?? []), point]);
    }
    const rows = [...minutes].reverse().map(([minute, points]) => [
      clock(minute * MINUTE * 1000).slice(0, 5),
      ...["accepted", "dead", "duplicate"].map((key) => rate(mean(points, key))),
      ...["p50", "p99"].map((key) => latency(worst(points, key)).join(" ")),
    ]);
    fill(this.table, {
      caption: "Each of the last minutes: mean rates, worst latency",
      columns: [
        { label: "Minute" }, { label: "Turns/s", numeric: true }, { label: "Dead/s", numeric: true },
        { label: "Repeats/s", numeric: true }, { label: "p50", numeric: true }, { label: "p99", numeric: true },
      ],
      rows,
      cards: false,
    });
  }
}

function mean(points, key) {
  return points.reduce((sum, point) => sum + point[key], 0) / points.length;
}

function worst(points, key) {
  const known = points.map((point) => point[key]).filter((value) => value !== null);
  return known.length ? Math.max(...known) : null;
}

function mark(seconds) {
  if (seconds === 0) return "0";
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(2))} ms` : `${Number(seconds.toPrecision(2))} s`;
}
