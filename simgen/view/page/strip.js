// The strips of every camera: sheets are decoded when they are needed, and all strips of a frame are painted in one go.

const LABELS = {
  rgb: "rgb", simulator: "simulator", depth: "depth", segmentation: "segmentation",
  edges: "edges", flow: "flow", normals: "normals", albedo: "albedo",
};
const AT_FIRST = ["rgb", "depth", "segmentation", "edges", "flow"];
const PRESENT = Object.keys(LABELS).filter((name) => DATA.cameras.some((camera) => camera.strips[name]));
const shown = new Set(PRESENT.filter((name) => AT_FIRST.includes(name)));
const COLOURS = Object.fromEntries(Object.entries(DATA.names).map(([id, body]) => [id, rgbOf(body.colour)]));
const KEPT_SHEETS = 96;
let withBoxes = false;

function rgbOf(hex) {
  const number = parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

// Decoded sheets, the least lately used dropped first. Colours are left alone: depth and ids are numbers.
const decoded = new Map();
function bitmap(camera, name, index) {
  const key = `${camera.name}/${name}/${index}`;
  const found = decoded.get(key) || decode(camera.strips[name][index]);
  decoded.delete(key);
  decoded.set(key, found);
  if (decoded.size > KEPT_SHEETS) {
    const oldest = decoded.keys().next().value;
    decoded.get(oldest).then((sheet) => sheet.close());
    decoded.delete(oldest);
  }
  return found;
}

function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }), options);
}

class Camera {
  constructor(data) {
    Object.assign(this, data);
    this.pointer = null;
    this.numbers = {};
    this.figures = {};
    this.readout = element("p", { class: "readout", "aria-live": "off" });
    this.strip = element("div", { class: "strips" });
    this.caption = element("span", { class: "quiet" }, `${this.width} × ${this.height}`);
    for (const name of PRESENT.filter((name) => this.strips[name])) this.addFigure(name);
    this.node = element("article", { class: "camera" },
      element("h3", {}, this.name, " ", this.caption), this.strip, this.readout);
    this.tell();
  }

  addFigure(name) {
    const canvas = element("canvas", { width: this.width, height: this.height, class: name });
    const cross = element("i", { class: "cross", hidden: true });
    const boxes = drawing("svg", { viewBox: `0 0 ${this.width} ${this.height}`, class: "boxes" });
    const frame = element("div", { class: "frame" }, canvas, boxes, cross);
    const label = element("span", {}, LABELS[name]);
    const node = element("figure", {}, frame, element("figcaption", {}, label));
    frame.addEventListener("pointermove", (event) => this.look(event, frame));
    frame.addEventListener("pointerleave", () => this.lookAway());
    this.strip.append(node);
    this.figures[name] = { node, canvas, cross, boxes, label, context: canvas.getContext("2d", { alpha: false }) };
  }

  // Depth and ids are always decoded, for what is said of the pixel under the mouse.
  wanted() {
    return PRESENT.filter((name) => this.strips[name] && (shown.has(name) || name === "depth" || name === "segmentation"));
  }

  load(frame) {
    const index = Math.floor(frame / this.framesASheet);
    return Promise.all(this.wanted().map((name) => bitmap(this, name, index).then((sheet) => [name, sheet])));
  }

  paint(frame, sheets) {
    const place = frame % this.framesASheet;
    const x = (place % this.columns) * this.width, y = Math.floor(place / this.columns) * this.height;
    for (const [name, sheet] of sheets) {
      const { context } = this.figures[name];
      if (name === "depth" || name === "segmentation") this.numbers[name] = this.read(sheet, x, y);
      else context.drawImage(sheet, x, y, this.width, this.height, 0, 0, this.width, this.height);
    }
    this.frame = frame;
    this.paintNumbers();
    this.paintBoxes();
    if (this.source.length) this.figures.rgb.label.textContent = `rgb · ${this.source[frame]}`;
    this.tell();
  }

  read(sheet, x, y) {
    if (!this.reader) {
      const canvas = element("canvas", { width: this.width, height: this.height });
      this.reader = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    }
    this.reader.drawImage(sheet, x, y, this.width, this.height, 0, 0, this.width, this.height);
    return this.reader.getImageData(0, 0, this.width, this.height).data;
  }

  paintNumbers() {
    if (!this.numbers.depth) return;
    if (shown.has("depth")) this.paintDepth(this.numbers.depth);
    if (shown.has("segmentation")) this.paintIds(this.numbers.segmentation);
  }

  // The control map: near is white, even in 1 / depth between the nearest and the farthest of the clip.
  paintDepth(data) {
    const image = new ImageData(this.width, this.height), out = image.data;
    const scale = 255 / (1 / this.near - 1 / this.far);
    for (let i = 0; i < data.length; i += 4) {
      const metres = (data[i] * 65536 + data[i + 1] * 256 + data[i + 2]) / 1000;
      out[i] = out[i + 1] = out[i + 2] = metres ? (1 / metres - 1 / this.far) * scale : 0;
      out[i + 3] = 255;
    }
    this.figures.depth.context.putImageData(image, 0, 0);
  }

  paintIds(data) {
    const image = new ImageData(this.width, this.height), out = image.data;
    for (let i = 0; i < data.length; i += 4) {
      const id = data[i] * 256 + data[i + 1], colour = COLOURS[id] || [0, 0, 0];
      const share = pointed === null || pointed === id ? 1 : 0.25;
      for (let channel = 0; channel < 3; channel++) out[i + channel] = colour[channel] * share;
      out[i + 3] = 255;
    }
    this.figures.segmentation.context.putImageData(image, 0, 0);
  }

  paintBoxes() {
    for (const name of ["rgb", "simulator"]) {
      if (!this.figures[name]) continue;
      const boxes = this.boxes[this.frame].filter(([id]) => id === pointed || (withBoxes && !DATA.names[id].fixed));
      this.figures[name].boxes.replaceChildren(...boxes.flatMap((box) => this.box(box)));
    }
  }

  box([id, left, top, right, bottom]) {
    const size = this.height / 26, above = top > 1.5 * size;
    const rect = drawing("rect", { x: left, y: top, width: right - left, height: bottom - top, stroke: DATA.names[id].colour });
    const text = drawing("text", { x: Math.min(left, this.width - 6 * size), y: above ? top - 0.3 * size : bottom + size, "font-size": size });
    text.textContent = DATA.names[id].name;
    return [rect, text];
  }

  look(event, frame) {
    const area = frame.getBoundingClientRect();
    const inside = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
    this.pointer = [
      inside((event.clientX - area.left) / area.width, this.width),
      inside((event.clientY - area.top) / area.height, this.height),
    ];
    this.tell();
  }

  lookAway() {
    this.pointer = null;
    this.tell();
    point(null);
  }

  // What is known of the pixel under the mouse, and a mark on the same pixel of every strip.
  tell() {
    for (const { cross } of Object.values(this.figures)) {
      cross.hidden = !this.pointer;
      if (!this.pointer) continue;
      cross.style.left = `${(100 * (this.pointer[0] + 0.5)) / this.width}%`;
      cross.style.top = `${(100 * (this.pointer[1] + 0.5)) / this.height}%`;
    }
    if (!this.pointer || !this.numbers.depth) {
      this.readout.replaceChildren(element("span", { class: "quiet" }, "Point at a picture for depth, body and link of the pixel."));
      return;
    }
    const [x, y] = this.pointer, at = 4 * (y * this.width + x);
    const depth = this.numbers.depth, ids = this.numbers.segmentation;
    const millimetres = depth[at] * 65536 + depth[at + 1] * 256 + depth[at + 2];
    const id = ids[at] * 256 + ids[at + 1], link = DATA.names[id] && DATA.names[id].links[ids[at + 2] - 1];
    const named = link && link !== bodyName(id) ? link : bodyName(id);
    this.readout.replaceChildren(
      element("span", {}, `x ${x}  y ${y}`), element("span", {}, millimetres ? `${fixed(millimetres / 1000, 3)} m` : "nothing hit"),
      element("span", {}, swatch(id), ` ${named}`), element("span", { class: "quiet" }, id ? `id ${id}` : ""));
    point(id || null);
  }

  arrange() {
    const figures = Object.entries(this.figures);
    for (const [name, { node }] of figures) node.hidden = !shown.has(name);
    this.strip.style.setProperty("--n", Math.max(1, figures.filter(([name]) => shown.has(name)).length));
  }
}
