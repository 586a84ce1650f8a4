// Figures as people read them. Seconds come in, rates are per second.

const LOCALE = "en";

export function count(number) {
  return Math.round(number).toLocaleString(LOCALE);
}

export function rate(number) {
  if (number === 0) return "0";
  if (number < 0.1) return "< 0.1";
  if (number < 10) return number.toFixed(1);
  return count(number);
}

export function perSecond(number) {
  return `${rate(number)}/s`;
}

// [figure, unit]
export function latency(seconds) {
  if (seconds === null || seconds === undefined) return ["–", ""];
  const ms = seconds * 1000;
  if (ms < 10) return [ms.toFixed(1), "ms"];
  if (ms < 1000) return [ms.toFixed(0), "ms"];
  return [seconds.toFixed(seconds < 10 ? 1 : 0), "s"];
}

export function ago(seconds) {
  if (seconds < 1.5) return "now";
  return `${duration(seconds)} ago`;
}

export function duration(seconds) {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export function clock(moment) {
  return new Date(moment).toLocaleTimeString([], { hour12: false });
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

const STEPS = [1, 1.5, 2, 3, 5, 7.5, 10];

// The next round number that is not smaller, so that a scale seldom changes.
export function roundUp(number, least = 1) {
  if (number <= least) return least;
  const power = 10 ** Math.floor(Math.log10(number));
  return STEPS.find((step) => step * power >= number) * power;
}

// Round numbers from 0 to at least `most`, about `parts` of them.
export function ticks(most, parts = 3) {
  const rough = most / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * power >= rough * 0.999) * power;
  const found = [];
  for (let at = 0; at <= Math.ceil(most / step - 1e-9); at += 1) found.push(at * step);
  return found;
}
