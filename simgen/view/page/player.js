// The player: one frame number that everything on the page follows.

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const cameras = DATA.cameras.map((data) => new Camera(data));
const ICONS = { play: "M4 2.5v11l9-5.5z", pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z", back: "M11 3v10L4.5 8zM3 3h1.5v10H3z", forward: "M5 3v10l6.5-5zM11.5 3H13v10h-1.5z" };

function icon(name) {
  const svg = drawing("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" });
  svg.append(drawing("path", { d: ICONS[name], fill: "currentColor" }));
  return svg;
}

const player = {
  frame: 0, wanted: 0, stale: false, playing: false, speed: 1, busy: false, clock: 0, carried: 0,

  // Draw the wanted frame once every strip has it; what was asked for meanwhile comes next.
  async go(frame) {
    this.wanted = Math.min(FRAMES - 1, Math.max(0, frame));
    this.stale = true;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.stale) {
        this.stale = false;
        const target = this.wanted;
        const sheets = await Promise.all(cameras.map((camera) => camera.load(target)));
        this.frame = target;
        cameras.forEach((camera, number) => camera.paint(target, sheets[number]));
        for (const update of updates) update(target);
        document.body.dataset.frame = target;
      }
    } finally {
      this.busy = false;
    }
    // The next sheet, before it is needed.
    cameras.forEach((camera) => camera.load(Math.min(FRAMES - 1, this.frame + camera.framesASheet)));
  },

  play(on) {
    if (on && this.frame === FRAMES - 1) this.go(0);
    this.playing = on;
    controls.play.replaceChildren(icon(on ? "pause" : "play"));
    controls.play.setAttribute("aria-label", on ? "Pause" : "Play");
    this.clock = performance.now();
    this.carried = 0;
    if (on) requestAnimationFrame((now) => this.tick(now));
  },

  tick(now) {
    if (!this.playing) return;
    this.carried += ((now - this.clock) / 1000) * DATA.rate * this.speed;
    this.clock = now;
    const steps = Math.floor(this.carried);
    if (steps && !this.busy) {
      this.carried -= steps;
      if (this.frame === FRAMES - 1) return this.play(false);
      this.go(this.frame + steps);
    }
    requestAnimationFrame((later) => this.tick(later));
  },

  step(by) {
    this.play(false);
    this.go(this.frame + by);
  },

  faster(by) {
    const at = Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(this.speed) + by));
    this.speed = SPEEDS[at];
    controls.speed.value = String(this.speed);
  },
};

function button(name, label, act) {
  return element("button", { type: "button", "aria-label": label, title: label, onclick: act }, icon(name));
}

const controls = {
  play: button("play", "Play", () => player.play(!player.playing)),
  slider: element("input", { type: "range", min: 0, max: FRAMES - 1, value: 0, "aria-label": "Frame",
    oninput: (event) => { player.play(false); player.go(Number(event.target.value)); } }),
  speed: element("select", { "aria-label": "Speed", onchange: (event) => { player.speed = Number(event.target.value); } },
    ...SPEEDS.map((speed) => element("option", { value: speed, selected: speed === 1 }, `${speed}×`))),
  time: element("output", { class: "time" }),
  caption: element("p", { class: "caption" }),
};

// Captions as a band over the slider; a part reaches half a frame beyond its first and last.
function makeBand() {
  const share = (frame) => (100 * Math.min(Math.max(frame - 0.5, 0), FRAMES - 1)) / Math.max(FRAMES - 1, 1);
  const parts = DATA.subtasks.map((part, number) => element("button", {
    type: "button", title: part.text, tabindex: -1, onclick: () => player.step(part.start - player.frame),
    style: `left:${share(part.start)}%;width:${share(part.stop) - share(part.start)}%;--tone:var(--line${number % 8})`,
  }, part.text));
  return { node: element("div", { class: "band" }, ...parts), parts };
}

function makePlayer() {
  const band = makeBand();
  document.getElementById("player").append(
    element("div", { class: "buttons" }, button("back", "Back one frame", () => player.step(-1)), controls.play,
      button("forward", "On one frame", () => player.step(1)), controls.speed),
    element("div", { class: "track" }, band.node, controls.slider), element("div", { class: "now" }, controls.time, controls.caption));
  return (frame) => {
    controls.slider.value = frame;
    controls.time.textContent = `${String(frame).padStart(String(FRAMES - 1).length, "\u2007")} / ${FRAMES - 1}   ${fixed(DATA.times[frame], 2)} s`;
    const at = DATA.subtasks.findIndex((part) => part.start <= frame && frame < part.stop);
    controls.caption.textContent = at < 0 ? "" : DATA.subtasks[at].text;
    band.parts.forEach((part, number) => part.classList.toggle("current", number === at));
  };
}

function redraw() {
  cameras.forEach((camera) => camera.arrange());
  player.go(player.frame);
}

function toggle(name) {
  if (!shown.delete(name)) shown.add(name);
  document.querySelector(`[data-strip="${name}"]`).setAttribute("aria-pressed", shown.has(name));
  redraw();
}

function toggleBoxes() {
  withBoxes = !withBoxes;
  document.querySelector("[data-boxes]").setAttribute("aria-pressed", withBoxes);
  cameras.forEach((camera) => camera.paintBoxes());
}

function makeCameras() {
  const chips = PRESENT.map((name, number) => element("button", { type: "button", class: "chip", "data-strip": name,
    "aria-pressed": shown.has(name), title: `Key ${number + 1}`, onclick: () => toggle(name) }, LABELS[name]));
  const boxes = element("button", { type: "button", class: "chip", "data-boxes": true, "aria-pressed": false, title: "Key b",
    onclick: toggleBoxes }, "boxes");
  const section = panel("cameras", "Cameras", element("div", { class: "chips" }, ...chips, boxes));
  const names = Object.keys(DATA.names).map((id) => pointsAt(element("span", {}, swatch(id), ` ${bodyName(Number(id))} `,
    element("small", {}, id)), Number(id)));
  section.append(element("div", { class: "ids" }, ...names), ...cameras.map((camera) => camera.node));
  listeners.push(() => cameras.forEach((camera) => { if (camera.numbers.depth) { camera.paintNumbers(); camera.paintBoxes(); } }));
}

function makePlots() {
  const groups = new Map();
  for (const one of DATA.series) groups.set(one.group || one.title, [...(groups.get(one.group || one.title) || []), one]);
  const plots = [...groups.values()].map((choices) => new Plot(choices));
  panel("plots", "Over time").append(...plots.map((plot) => plot.node));
  const paint = () => plots.forEach((plot) => plot.paint(player.frame));
  new ResizeObserver(paint).observe(document.getElementById("plots"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  return paint;
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
  const far = event.shiftKey ? 10 : 1, number = Number(event.key);
  const acts = {
    ArrowLeft: () => player.step(-far), ArrowRight: () => player.step(far), Home: () => player.step(-FRAMES), End: () => player.step(FRAMES),
    " ": () => player.play(!player.playing), b: toggleBoxes, "+": () => player.faster(1), "-": () => player.faster(-1),
  };
  const act = acts[event.key] || (PRESENT[number - 1] && (() => toggle(PRESENT[number - 1])));
  if (!act) return;
  event.preventDefault();
  act();
}

function makeFooter() {
  const hints = [["space", "play"], ["← →", "one frame"], ["shift ← →", "ten frames"], ["home end", "first, last"],
    [`1 – ${PRESENT.length}`, "strips"], ["b", "boxes"], ["+ −", "speed"]];
  document.getElementById("footer").append(...hints.map(([keys, what]) => element("span", {}, element("kbd", {}, keys), ` ${what}`)));
}

makeHeader();
makeCameras();
const updates = [makePlayer(), makePlots(), makeBodies(), makeContacts()];
makeScene();
makeFooter();
addEventListener("keydown", key);
addEventListener("hashchange", () => player.go(Number(location.hash.slice(1)) || 0));
cameras.forEach((camera) => camera.arrange());
player.go(Number(location.hash.slice(1)) || 0);
