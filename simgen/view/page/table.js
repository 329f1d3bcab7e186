// Tables of the bodies and contacts at the current frame, the facts of the header, and the scene as a tree.

function table(columns) {
  const rows = element("tbody");
  const head = columns.map(([title, unit, left]) =>
    element("th", { class: left ? "left" : "" }, title, unit ? element("small", {}, ` ${unit}`) : ""));
  const node = element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...head)), rows));
  return { node, rows };
}

const length = (vector) => (vector[0] === null ? null : Math.hypot(...vector));

function makeBodies() {
  const section = panel("bodies", "Bodies");
  const { node, rows } = table([["body", "", true], ["x", "m"], ["y", "m"], ["z", "m"], ["orientation", "w x y z"],
    ["speed", "m/s"], ["spin", "rad/s"], ["mass", "kg"], ["friction", ""]]);
  const cells = DATA.bodies.map((body) => {
    const values = Array.from({ length: 8 }, () => element("td"));
    const name = element("th", { scope: "row", class: "left" }, swatch(body.id), ` ${bodyName(body.id)} `,
      element("small", {}, DATA.names[body.id].class === bodyName(body.id) ? "" : DATA.names[body.id].class));
    rows.append(pointsAt(element("tr", { "data-id": body.id }, name, ...values), body.id));
    return values;
  });
  section.append(node);
  listeners.push((id) => rows.querySelectorAll("tr").forEach((row) => row.classList.toggle("pointed", row.dataset.id === String(id))));
  return (frame) => DATA.bodies.forEach((body, number) => {
    const pose = body.pose[frame], velocity = body.velocity[frame], mass = body.mass[frame];
    const texts = [fixed(pose[0], 3), fixed(pose[1], 3), fixed(pose[2], 3), pose.slice(3).map((value) => fixed(value, 2)).join(" "),
      fixed(length(velocity.slice(0, 3)), 3), fixed(length(velocity.slice(3)), 2), mass === null ? "fixed" : short(mass),
      fixed(body.friction[frame], 2)];
    texts.forEach((text, at) => { cells[number][at].textContent = text; });
  });
}

function makeContacts() {
  const count = element("span", { class: "quiet" });
  const section = panel("contacts", "Contacts", count);
  const { node, rows } = table([["between", "", true], ["normal", "N"], ["friction", "N"], ["gap", "mm"], ["at x y z", "m"]]);
  section.append(node);
  const end = ({ id, name }) => pointsAt(element("span", {}, swatch(id), ` ${name}`), id);
  return (frame) => {
    const touching = DATA.contacts[frame];
    count.textContent = touching.length ? `${touching.length} at this frame, strongest first` : "none at this frame";
    node.hidden = touching.length === 0;
    rows.replaceChildren(...touching.map((one) => element("tr", {},
      element("th", { scope: "row", class: "left" }, end(one.a), " ", element("span", { class: "quiet" }, "on"), " ", end(one.b)),
      element("td", {}, fixed(one.force, 2)), element("td", {}, fixed(one.friction, 2)), element("td", {}, fixed(one.gap, 2)),
      element("td", {}, one.position.map((value) => fixed(value, 3)).join(" ")))));
  };
}

function makeHeader() {
  const badge = element("span", { class: `badge ${DATA.success ? "good" : "bad"}` }, DATA.success ? "success" : "not solved");
  const facts = DATA.facts.map(([name, value, whole]) =>
    element("div", {}, element("dt", {}, name), element("dd", whole ? { title: whole, class: "code" } : {}, value)));
  const versions = Object.entries(DATA.versions).map(([name, version]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, version)));
  document.getElementById("header").append(
    element("p", { class: "quiet" }, element("b", { class: "mark" }, "SimGen"), ` ${DATA.title}`),
    element("h1", {}, DATA.instruction || DATA.description || DATA.title, " ", badge),
    DATA.instruction && DATA.description ? element("p", { class: "quiet" }, DATA.description) : "",
    element("dl", { class: "facts" }, ...facts),
    versions.length ? element("details", {}, element("summary", {}, "Versions"), element("dl", { class: "facts" }, ...versions)) : "");
}

function makeScene() {
  const section = panel("scene", "Scene", element("button", { type: "button", class: "plain", onclick: (event) => {
    const all = [...section.querySelectorAll("details")], open = all.some((part) => !part.open);
    all.forEach((part) => { part.open = open; });
    event.target.textContent = open ? "close all" : "open all";
  } }, "open all"));
  section.append(element("div", { class: "tree panel" }, ...Object.entries(DATA.scene).map(([key, value]) => branch(key, value, value))));
}

const simple = (value) => value === null || typeof value !== "object";

function branch(key, value) {
  if (simple(value)) return leaf(key, String(value), value === null ? "nothing" : typeof value);
  const entries = Object.entries(value), list = Array.isArray(value);
  if (entries.length === 0) return leaf(key, list ? "none" : "–", "nothing");
  if (list && value.every(simple) && value.length <= 12) return leaf(key, value.join("  "), typeof value[0]);
  const label = list && value.every((item) => item && item.name) ? value.map((item) => item.name).join(", ") : "";
  const parts = entries.map(([name, item]) => branch(list && item && item.name ? item.name : name, item));
  return element("details", {}, element("summary", {}, key, " ", element("span", { class: "quiet" }, label)), ...parts);
}

function leaf(key, text, kind) {
  return element("div", { class: "leaf" }, element("span", {}, key), element("span", { class: kind }, text));
}
