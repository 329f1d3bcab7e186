// Small helpers: elements, numbers and the data of the page. Words only ever become text nodes, never markup.

const DATA = JSON.parse(document.getElementById("data").textContent);
const FRAMES = DATA.times.length;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function drawing(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// Real minus signs, so that columns of numbers line up.
function fixed(value, digits) {
  if (value === null || value === undefined) return "–";
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

function short(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function swatch(id) {
  const body = DATA.names[id];
  return element("i", { class: "swatch", style: `background:${body ? body.colour : "#000"}` });
}

function bodyName(id) {
  const body = DATA.names[id];
  return id === 0 ? "background" : body ? body.name : `id ${id}`;
}

function panel(id, title, ...extra) {
  const section = document.getElementById(id);
  section.append(element("div", { class: "heading" }, element("h2", {}, title), ...extra));
  return section;
}

// Which body is pointed at; every view that shows bodies listens.
const listeners = [];
let pointed = null;
function point(id) {
  if (id === pointed) return;
  pointed = id;
  for (const listener of listeners) listener(id);
}
function pointsAt(node, id) {
  node.addEventListener("pointerenter", () => point(id));
  node.addEventListener("pointerleave", () => point(null));
  return node;
}
