// A model has one colour wherever it is drawn, and keeps it: its place in the table decides.

const COLOURS = 8;
const places = new Map();

export function learn(models) {
  for (const model of models) {
    if (model && !places.has(model)) places.set(model, places.size);
  }
}

export function colourOf(model) {
  if (!model) return "none";
  learn([model]);
  return String(places.get(model) % COLOURS);
}

export function placeOf(model) {
  return places.get(model) ?? places.size;
}
