// Tables. A row is changed only where it differs, so that what is selected or read stays.

import { element, replace } from "./element.js";

// `columns`: {label, numeric, wide}. `rows`: arrays of cells, each text or an element; the first heads the
// row. `cards` has phones show a row as a block.
export function fill(table, { caption, columns, rows, empty = "Nothing yet.", cards = true }) {
  const key = JSON.stringify(rows.map((row) => row.map(written)));
  if (table.dataset.key === key) return;
  table.dataset.key = key;
  table.className = cards ? "cards" : "";
  const head = columns.map(({ label, numeric }) =>
    element("th", { scope: "col", class: numeric ? "num" : null }, label));
  const body = rows.map((row) => element("tr", {}, row.map((cell, at) => made(cell, columns[at], at))));
  if (rows.length === 0) {
    body.push(element("tr", {}, element("td", { colspan: columns.length, class: "empty" }, empty)));
  }
  replace(
    table,
    caption ? element("caption", { class: "unseen" }, caption) : null,
    rows.length ? element("thead", {}, element("tr", {}, head)) : null,
    element("tbody", {}, body),
  );
}

function made(cell, column, at) {
  const attributes = { class: column.numeric ? "num" : column.wide ? "wide" : null };
  if (at === 0) return element("th", { ...attributes, scope: "row" }, cell);
  return element("td", { ...attributes, "data-label": column.label }, cell);
}

function written(cell) {
  if (Array.isArray(cell)) return cell.map(written);
  return cell instanceof Element ? cell.outerHTML : cell;
}
