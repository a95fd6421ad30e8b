// The page around the drawing: tools, keys, files, examples, and the picture of the model.

const byId = (id) => document.getElementById(id);
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`);
const canvas = byId("drawing");
const picture = byId("picture");
const size = byId("size");
const ring = byId("ring");
const drawing = new Drawing(canvas, () => {
  byId("undo").disabled = !drawing.past.length;
  byId("redo").disabled = !drawing.future.length;
  // Whatever its proportions, the drawing is as large as the window allows.
  document.body.style.setProperty("--ratio", drawing.width / drawing.height);
  generate();
});

document.title = byId("title").textContent = settings.title;
byId("about").textContent = `${settings.about} · ${runner.about}`;

// The colors.

const brushes = [];

function addBrush({ color, name }) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const swatch = document.createElement("span");
  label.className = name ? "brush named" : "brush";
  input.type = "radio";
  input.name = "brush";
  input.setAttribute("aria-label", name ?? `rgb(${color.join(", ")})`);
  swatch.className = "swatch";
  swatch.style.background = `rgb(${color})`;
  label.append(input, swatch, name ?? "");
  label.title = name ?? "";
  byId("brushes").append(label);
  brushes.push({ input, color: () => color });
}

function addColorPicker() {
  const label = document.createElement("label");
  const picker = document.createElement("input");
  label.className = "brush any";
  picker.type = "color";
  picker.value = "#d0342c";
  picker.setAttribute("aria-label", "Another color");
  label.title = "Another color";
  addBrush({ color: [208, 52, 44] });
  const brush = brushes.at(-1);
  const swatch = brush.input.nextElementSibling;
  brush.input.setAttribute("aria-label", "The other color");
  brush.color = () => [1, 3, 5].map((i) => parseInt(picker.value.slice(i, i + 2), 16));
  picker.oninput = picker.onclick = () => {
    swatch.style.background = picker.value;
    brush.input.checked = true;
  };
  label.append(picker);
  byId("brushes").append(label);
}

const color = () => brushes.find((brush) => brush.input.checked).color();

// A stroke in the color of what it crosses would not be seen.
function chooseSeenBrush() {
  const [most, ...others] = mostCommonColors(drawing.image);
  if (color().join() !== most) return;
  const candidates = brushes.filter((brush) => brush.color().join() !== most);
  const used = candidates.find((brush) => others.slice(0, 32).includes(brush.color().join()));
  const light = (brush) => brush.color().reduce((sum, value) => sum + value, 0);
  const base = most.split(",").reduce((sum, value) => sum + Number(value), 0);
  const contrast = (brush) => Math.abs(light(brush) - base);
  const [strongest] = candidates.sort((a, b) => contrast(b) - contrast(a));
  (used ?? strongest).input.checked = true;
}

// Strokes.

let last = null;
let place = null;

function pointOf(event) {
  const box = canvas.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * drawing.width,
    ((event.clientY - box.top) / box.height) * drawing.height,
  ];
}

const isInside = ([x, y]) => x >= 0 && y >= 0 && x < drawing.width && y < drawing.height;

// Begin a stroke, or fill.
function paint(point) {
  if (!isInside(point)) return;
  drawing.remember();
  if (chosen("tool").value === "fill") {
    drawing.fill(point, color(), settings.kind === "any" ? ALIKE : 0);
  } else {
    drawing.dot(point, size.valueAsNumber, color());
  }
  drawing.show(drawing.image);
}

function goOn(point) {
  drawing.line(last, point, size.valueAsNumber, color());
  last = point;
}

canvas.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  const point = pointOf(event);
  paint(point);
  last = chosen("tool").value === "fill" ? null : point;
});
canvas.addEventListener("pointermove", (event) => {
  showRing(pointOf(event));
  if (!last || !event.isPrimary) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  for (const step of passed.length ? passed : [event]) goOn(pointOf(step));
  drawing.show(drawing.image);
});
for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, () => (last = null));
}
canvas.addEventListener("pointerleave", () => (ring.hidden = true));

// The ring shows where the brush is, and how wide.
function showRing([x, y]) {
  place = [x, y];
  const wide = chosen("tool").value === "fill" ? 1 : size.valueAsNumber;
  ring.hidden = false;
  ring.style.left = `${(100 * x) / drawing.width}%`;
  ring.style.top = `${(100 * y) / drawing.height}%`;
  ring.style.width = `max(8px, ${(100 * wide) / drawing.width}%)`;
}

// Keys.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

canvas.addEventListener("focus", () => {
  if (canvas.matches(":focus-visible")) showRing(place ?? [drawing.width / 2, drawing.height / 2]);
});
canvas.addEventListener("blur", () => (ring.hidden = true));
canvas.addEventListener("keydown", (event) => {
  const at = place ?? [drawing.width / 2, drawing.height / 2];
  if (event.key in ARROWS) {
    const far = Math.max(1, Math.round(size.valueAsNumber / 2));
    const to = ARROWS[event.key].map((way, axis) => {
      const most = (axis ? drawing.height : drawing.width) - 0.5;
      return Math.min(most, Math.max(0.5, at[axis] + way * far));
    });
    if (event.shiftKey) {
      // A held key is one stroke.
      if (!event.repeat) drawing.remember();
      drawing.line(at, to, size.valueAsNumber, color());
      drawing.show(drawing.image);
    }
    showRing(to);
  } else if (event.key === " " || event.key === "Enter") {
    paint(at);
    showRing(at);
  } else {
    return;
  }
  event.preventDefault();
});

const chooseTool = (value) => (document.querySelector(`input[value="${value}"]`).checked = true);
const SHORTCUTS = {
  b: () => chooseTool("brush"),
  f: () => chooseTool("fill"),
  o: () => byId("open").click(),
  "[": () => resize(size.valueAsNumber - 1),
  "]": () => resize(size.valueAsNumber + 1),
};

addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
    if (key === "y" || event.shiftKey) drawing.redo();
    else drawing.undo();
    event.preventDefault();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[1-9]$/.test(key) && brushes[key - 1]) brushes[key - 1].input.checked = true;
  SHORTCUTS[key]?.();
});

// The other tools.

function resize(pixels) {
  size.value = pixels;
  byId("pixels").textContent = `${size.value} px`;
}

function save(from, name) {
  from.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

async function open(file) {
  if (!file) return;
  const address = URL.createObjectURL(file);
  try {
    const { image, unknown } = asDrawing(await decoded(address));
    drawing.replace(image);
    chooseSeenBrush();
    const percent = Math.max(1, Math.round(100 * unknown));
    note(unknown ? `${percent} % of the image had other colors. They became the nearest ones.` : "");
  } catch {
    note(`${file.name} is not an image that this browser can read.`);
  } finally {
    URL.revokeObjectURL(address);
  }
}

size.oninput = () => resize(size.value);
byId("undo").onclick = () => drawing.undo();
byId("redo").onclick = () => drawing.redo();
byId("clear").onclick = () => {
  drawing.replace(blankImage(settings));
  chooseSeenBrush();
};
byId("save-drawing").onclick = () => save(canvas, "drawing.png");
byId("save-picture").onclick = () => save(picture, "picture.png");
byId("open").onclick = () => byId("file").click();
byId("file").onchange = async () => {
  await open(byId("file").files[0]);
  // The same file may be opened again.
  byId("file").value = "";
};
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  open(event.dataTransfer.files[0]);
});

function addExample(address, number) {
  const button = document.createElement("button");
  const thumbnail = new Image();
  button.type = "button";
  thumbnail.src = address;
  thumbnail.alt = `Example ${number + 1}`;
  button.append(thumbnail);
  button.onclick = async () => {
    drawing.replace(await exampleImage(address));
    chooseSeenBrush();
  };
  byId("thumbnails").append(button);
}

async function exampleImage(address) {
  const stored = await decoded(address);
  return pixelsOf(stored, stored.naturalWidth, stored.naturalHeight, false);
}

// The picture of the model: always of the newest drawing. Drawings in between are skipped.

let ready = false;
let busy = false;
let waiting = false;
let notice = "";
let statusTimer;

function showStatus(text, state) {
  byId("status").dataset.state = state;
  picture.dataset.state = state;
  clearTimeout(statusTimer);
  // The text would flicker if the model is fast.
  const delay = state === "busy" ? 150 : 0;
  statusTimer = setTimeout(() => (byId("status").textContent = text), delay);
}

// Say something beside the next picture.
function note(text) {
  notice = text;
  if (ready && !busy) showStatus(text, "done");
}

function inputOf({ width, height, data }) {
  const { channels } = settings;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = data[4 * i + c];
  }
  return [pixels, [1, height, width, channels]];
}

function showPicture(values, [, height, width, channels]) {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * i + c] = values[i * channels + (channels < 3 ? 0 : c)];
    }
    image.data[4 * i + 3] = 255;
  }
  picture.width = width;
  picture.height = height;
  picture.getContext("2d").putImageData(image, 0, 0);
  byId("save-picture").disabled = false;
}

async function generate() {
  waiting = true;
  if (!ready || busy) return;
  busy = true;
  while (waiting) {
    waiting = false;
    showStatus("Computing …", "busy");
    try {
      const { values, shape, time } = await runner.generate(...inputOf(drawing.image));
      showPicture(values, shape);
      const milliseconds = Math.max(1, Math.round(time));
      showStatus(`Generated in ${milliseconds} ms. ${notice}`.trim(), "done");
    } catch (error) {
      showStatus(`${runner.failed}: ${error.message}`, "failed");
    }
    notice = "";
  }
  busy = false;
}

async function begin() {
  settings.brushes.forEach(addBrush);
  if (settings.kind === "any") addColorPicker();
  brushes[Math.min(1, brushes.length - 1)].input.checked = true;
  size.max = Math.max(4, Math.round(Math.min(settings.width, settings.height) / 4));
  resize(settings.line_width ?? Math.max(2, Math.round(settings.width / 32)));
  byId("examples").hidden = !settings.examples.length;
  settings.examples.forEach(addExample);
  picture.width = settings.width;
  picture.height = settings.height;
  showStatus(runner.loading, "busy");
  const [first] = settings.examples;
  drawing.show(first ? await exampleImage(first) : blankImage(settings));
  chooseSeenBrush();
  try {
    await runner.start();
    ready = true;
    await generate();
  } catch (error) {
    showStatus(`${runner.failed}: ${error.message}`, "failed");
  }
}

begin();
