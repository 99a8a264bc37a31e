// Builds elements. All data goes in as text, never as markup: names come from CRMs.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Replaces what a place shows; what has a key and another text than before is marked for a moment. Whoever has come to
// a link by keyboard stays there.
export function show(place, ...nodes) {
  const before = new Map([...place.querySelectorAll("[data-key]")].map((node) => [node.dataset.key, node.textContent]));
  const stood = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  place.replaceChildren(...nodes);
  if (stood) [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === stood)?.focus({ preventScroll: true });
  if (document.body.dataset.settled !== "yes") return;
  for (const node of place.querySelectorAll("[data-key]")) {
    const old = before.get(node.dataset.key);
    if (old !== undefined && old !== node.textContent) node.classList.add("changed");
  }
}

// A table with a caption for screen readers; columns are [text, class], rows are arrays of cells, the first a heading.
export function table(caption, columns, rows, name = "") {
  const heads = columns.map(([text, kind]) => h("th", { scope: "col", class: kind }, text));
  const lines = rows.map((cells) => h("tr", {}, ...cells.map((cell, place) => {
    if (cell instanceof Element && cell.matches("td, th")) return cell;
    return h(place ? "td" : "th", place ? { class: columns[place][1] } : { scope: "row" }, cell);
  })));
  return h("table", { class: name }, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...lines));
}
