// Figures on their way from what they were to what they are, unless motion is not wanted.

const LASTS = 600;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Fade {
  // `draw` gets a map of key to number for each frame.
  constructor(draw) {
    this.draw = draw;
    this.now = new Map();
    this.frame = null;
  }

  to(target) {
    cancelAnimationFrame(this.frame);
    const from = this.now;
    if (still.matches || document.hidden || from.size === 0) {
      this.show(target);
      return;
    }
    const began = performance.now();
    const step = (time) => {
      const part = Math.min(1, Math.max(0, (time - began) / LASTS));
      const eased = 1 - (1 - part) ** 3;
      const mixed = new Map();
      for (const [key, value] of target) {
        const before = from.get(key) ?? 0;
        mixed.set(key, before + (value - before) * eased);
      }
      this.show(mixed);
      if (part < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  show(values) {
    this.now = values;
    this.draw(values);
  }
}
