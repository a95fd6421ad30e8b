const byId = (id) => document.getElementById(id);
const settings = await (await fetch("settings.json")).json();
const drawing = byId("drawing");
const context2d = drawing.getContext("2d", { willReadFrequently: true });
const picture = byId("picture");
const worker = new Worker("worker.js", { type: "module" });
const UNDO_STEPS = 50;

let image;
let brush;
let undoable = [];
let lastPoint = null;
let ready = false;
let busy = false;
let waiting = false;

let statusTimer;

function showStatus(text, state) {
  byId("status").dataset.state = state;
  picture.dataset.state = state;
  clearTimeout(statusTimer);
  // The text would flicker if the model is fast.
  statusTimer = setTimeout(() => (byId("status").textContent = text), state === "busy" ? 150 : 0);
}

// The drawing. Strokes have hard edges, so that every pixel has the exact color of a brush.

function show(next) {
  image = next;
  if (drawing.width !== image.width || drawing.height !== image.height) {
    drawing.width = image.width;
    drawing.height = image.height;
  }
  context2d.putImageData(image, 0, 0);
  generate();
}

function blank() {
  const { width, height, background } = settings;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i += 4) data.set([...background, 255], i);
  return new ImageData(data, width, height);
}

function remember() {
  undoable.push(new ImageData(image.data.slice(), image.width, image.height));
  undoable = undoable.slice(-UNDO_STEPS);
  byId("undo").disabled = false;
}

function undo() {
  if (undoable.length) show(undoable.pop());
  byId("undo").disabled = !undoable.length;
}

function paint(column, row) {
  if (column < 0 || row < 0 || column >= image.width || row >= image.height) return;
  image.data.set([...brush, 255], (row * image.width + column) * 4);
}

function stamp(x, y) {
  const radius = byId("size").value / 2;
  paint(Math.floor(x), Math.floor(y));
  for (let row = Math.floor(y - radius); row <= y + radius; row++) {
    for (let column = Math.floor(x - radius); column <= x + radius; column++) {
      if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius) paint(column, row);
    }
  }
}

function stroke(event) {
  const box = drawing.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * image.width;
  const y = ((event.clientY - box.top) / box.height) * image.height;
  const [fromX, fromY] = lastPoint ?? [x, y];
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(x - fromX, y - fromY)));
  for (let i = 1; i <= steps; i++) {
    stamp(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
  }
  lastPoint = [x, y];
}

drawing.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  drawing.setPointerCapture(event.pointerId);
  remember();
  stroke(event);
  show(image);
});
drawing.addEventListener("pointermove", (event) => {
  if (!lastPoint || !event.isPrimary) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  for (const step of passed.length ? passed : [event]) stroke(step);
  show(image);
});
for (const end of ["pointerup", "pointercancel"]) {
  drawing.addEventListener(end, () => (lastPoint = null));
}

// The tools.

function colorButton(color) {
  const button = document.createElement("button");
  button.type = "button";
  button.style.background = `rgb(${color})`;
  button.setAttribute("aria-label", `rgb(${color})`);
  button.onclick = () => choose(button, color);
  return button;
}

function colorPicker() {
  const input = document.createElement("input");
  input.type = "color";
  input.value = "#808080";
  input.setAttribute("aria-label", "Any color");
  const color = () => [1, 3, 5].map((i) => parseInt(input.value.slice(i, i + 2), 16));
  input.oninput = input.onclick = () => choose(input, color());
  return input;
}

function choose(control, color) {
  for (const other of byId("brushes").children) {
    other.setAttribute("role", "radio");
    other.setAttribute("aria-checked", other === control);
  }
  brush = color;
}

async function example(address) {
  const stored = new Image();
  stored.src = address;
  await stored.decode();
  const canvas = new OffscreenCanvas(stored.naturalWidth, stored.naturalHeight);
  const context = canvas.getContext("2d");
  context.drawImage(stored, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

for (const color of settings.brushes) byId("brushes").append(colorButton(color));
if (settings.any_color) byId("brushes").append(colorPicker());
const first = Math.min(1, settings.brushes.length - 1);
choose(byId("brushes").children[first], settings.brushes[first]);

const size = byId("size");
size.max = Math.max(4, Math.round(Math.min(settings.width, settings.height) / 4));
size.value = Math.max(2, Math.round(settings.width / 32));
size.oninput = () => (byId("pixels").textContent = `${size.value} px`);
size.oninput();

byId("undo").onclick = undo;
byId("clear").onclick = () => {
  remember();
  show(blank());
};
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
});
byId("save").onclick = () =>
  picture.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "picture.png";
    link.click();
    URL.revokeObjectURL(link.href);
  });

byId("examples").hidden = !settings.examples.length;
settings.examples.forEach((address, i) => {
  const button = document.createElement("button");
  button.type = "button";
  button.onclick = async () => {
    const next = await example(address);
    remember();
    show(next);
  };
  const thumbnail = new Image();
  thumbnail.src = address;
  thumbnail.alt = `Example ${i + 1}`;
  button.append(thumbnail);
  byId("thumbnails").append(button);
});

// The model. It always computes the newest drawing. Drawings in between are skipped.

function generate() {
  waiting = true;
  if (!ready || busy) return;
  waiting = false;
  busy = true;
  showStatus("Computing …", "busy");
  const { width, height, data } = image;
  const pixels = new Uint8Array(width * height * settings.channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < settings.channels; c++) {
      pixels[i * settings.channels + c] = data[4 * i + c];
    }
  }
  worker.postMessage({ pixels, shape: [1, height, width, settings.channels] });
}

function showPicture(values, [, height, width, channels]) {
  picture.width = width;
  picture.height = height;
  const result = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      result.data[4 * i + c] = values[i * channels + (channels < 3 ? 0 : c)];
    }
    result.data[4 * i + 3] = 255;
  }
  picture.getContext("2d").putImageData(result, 0, 0);
  byId("save").disabled = false;
}

worker.onmessage = ({ data }) => {
  busy = false;
  if (data.error) return showStatus(`The model does not run here: ${data.error}`, "failed");
  ready = true;
  if (data.picture) {
    showPicture(data.picture, data.shape);
    showStatus(`Generated in ${Math.max(1, Math.round(data.time))} ms on this device`, "done");
  }
  if (waiting) generate();
};
worker.onerror = (error) => showStatus(`The model does not run here: ${error.message}`, "failed");

showStatus(`Loading the model, ${settings.megabytes} MB …`, "busy");
picture.width = settings.width;
picture.height = settings.height;
show(settings.examples.length ? await example(settings.examples[0]) : blank());
