// Elements. Text goes in as text, whatever it says; there is no way in for markup.

const SVG = "http://www.w3.org/2000/svg";

// A name that somebody else wrote, in full for those who ask and not too long for the page.
const LONGEST = 80;

export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

export function name(text, tag = "bdi") {
  const made = element(tag, {}, cut(text));
  if (text.length > LONGEST) made.setAttribute("title", text.slice(0, 1000));
  return made;
}

export function cut(text, longest = LONGEST) {
  const letters = [...text];
  return letters.length <= longest ? text : `${letters.slice(0, longest - 1).join("")}…`;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null));
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}
