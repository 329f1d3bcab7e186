// Line plots over the frames, with a cursor at the current one. Drag in a plot to move through the episode.

const PLOT_HEIGHT = 104, LEFT = 46, RIGHT = 10, TOP = 8, BOTTOM = 8;

class Plot {
  constructor(choices) {
    this.choices = choices;
    this.canvas = element("canvas", { class: "plot" });
    this.legend = element("div", { class: "legend" });
    const title = choices.length === 1 ? element("h3", {}, heading(choices[0])) : this.picker();
    this.node = element("article", { class: "panel" }, title, element("div", { class: "plotrow" }, this.canvas, this.legend));
    this.choose(choices[0]);
    this.canvas.addEventListener("pointerdown", (event) => { this.canvas.setPointerCapture(event.pointerId); this.drag(event); });
    this.canvas.addEventListener("pointermove", (event) => { if (event.buttons) this.drag(event); });
  }

  picker() {
    const select = element("select", { "aria-label": "What to plot", onchange: () => {
      this.choose(this.choices[select.selectedIndex]);
      this.paint(player.frame);
    } }, ...this.choices.map((choice) => element("option", {}, heading(choice))));
    return element("h3", {}, select);
  }

  choose(choice) {
    this.choice = choice;
    const values = choice.lines.flatMap((line) => line.values).filter((value) => value !== null);
    let [low, high] = choice.bounds || [Math.min(...values, Infinity), Math.max(...values, -Infinity)];
    if (!(low < high)) [low, high] = Number.isFinite(low) ? [low - 0.5, high + 0.5] : [0, 1];
    const room = choice.bounds ? 0 : 0.06 * (high - low);
    this.low = low - room;
    this.high = high + room;
    this.values = choice.lines.map(() => element("b", {}));
    this.legend.replaceChildren(...choice.lines.map((line, number) =>
      element("span", {}, element("i", { class: "line", style: `background:var(--line${number % 8})` }), `${line.name} `, this.values[number])));
  }

  x(frame) { return LEFT + (FRAMES > 1 ? frame / (FRAMES - 1) : 0.5) * (this.width - LEFT - RIGHT); }
  y(value) { return TOP + ((this.high - value) / (this.high - this.low)) * (PLOT_HEIGHT - TOP - BOTTOM); }

  drag(event) {
    const share = (event.offsetX - LEFT) / (this.width - LEFT - RIGHT);
    player.go(Math.round(share * (FRAMES - 1)));
  }

  paint(frame) {
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name);
    const context = this.fit();
    context.font = "10.5px ui-sans-serif, system-ui, sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(this.low, this.high)) {
      stroke(context, colour("--rule"), 1, [[LEFT, this.y(value)], [this.width - RIGHT, this.y(value)]]);
      context.fillStyle = colour("--quiet");
      context.fillText(String(+value.toPrecision(6)).replace("-", "−"), LEFT - 7, this.y(value));
    }
    for (const part of DATA.subtasks.slice(1)) {
      stroke(context, colour("--rule"), 1, [[this.x(part.start - 0.5), TOP], [this.x(part.start - 0.5), PLOT_HEIGHT - BOTTOM]]);
    }
    this.choice.lines.forEach((line, number) => {
      const path = line.values.map((value, at) => (value === null ? null : [this.x(at), this.y(value)]));
      stroke(context, colour(`--line${number % 8}`), 1.5, path);
      this.values[number].textContent = short(line.values[frame]);
    });
    stroke(context, colour("--accent"), 1.5, [[this.x(frame), TOP - 4], [this.x(frame), PLOT_HEIGHT - BOTTOM + 4]]);
  }

  fit() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(PLOT_HEIGHT * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    return context;
  }
}

function heading(choice) {
  return choice.unit ? `${choice.title} [${choice.unit}]` : choice.title;
}

function stroke(context, colour, width, points) {
  context.beginPath();
  let drawing = false;
  for (const point of points) {
    if (point === null) drawing = false;
    else if (drawing) context.lineTo(...point);
    else { context.moveTo(...point); drawing = true; }
  }
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.stroke();
}

// Round numbers, three or so, that cover an interval.
function ticks(low, high) {
  const raw = (high - low) / 3, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) || 10);
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) found.push(n * step);
  return found;
}
