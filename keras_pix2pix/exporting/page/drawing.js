// The drawing: its pixels, and what strokes, filling, undo and files make of them. Strokes have
// hard edges, so that every pixel has the exact color of a brush.

const MOST_STEPS = 50;
const MOST_UNDO_BYTES = 64e6;
// How much the channels of two neighbors may differ inside an area of any colors.
const ALIKE = 24;

class Drawing {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.changed = changed;
    this.past = [];
    this.future = [];
  }

  get width() {
    return this.image.width;
  }

  get height() {
    return this.image.height;
  }

  show(image) {
    this.image = image;
    if (this.canvas.width !== image.width || this.canvas.height !== image.height) {
      this.canvas.width = image.width;
      this.canvas.height = image.height;
    }
    this.context.putImageData(image, 0, 0);
    this.changed();
  }

  replace(image) {
    this.remember();
    this.show(image);
  }

  // Steps back, and back again.

  remember() {
    const steps = Math.min(MOST_STEPS, Math.max(4, MOST_UNDO_BYTES / this.image.data.length));
    this.past = [...this.past, this.copy()].slice(-steps);
    this.future = [];
  }

  copy() {
    return new ImageData(this.image.data.slice(), this.width, this.height);
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.copy());
    this.show(from.pop());
  }

  // What is painted. Places are in pixels of the drawing.

  set(column, row, color) {
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return;
    this.image.data.set([...color, 255], (row * this.width + column) * 4);
  }

  dot([x, y], size, color) {
    const radius = size / 2;
    this.set(Math.floor(x), Math.floor(y), color);
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      for (let column = Math.floor(x - radius); column <= x + radius; column++) {
        if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius) this.set(column, row, color);
      }
    }
  }

  line([fromX, fromY], [x, y], size, color) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(x - fromX, y - fromY)));
    for (let i = 1; i <= steps; i++) {
      const share = i / steps;
      this.dot([fromX + (x - fromX) * share, fromY + (y - fromY) * share], size, color);
    }
  }

  fill([x, y], color, alike) {
    const { width, height } = this;
    const data = this.image.data;
    const start = Math.floor(y) * width + Math.floor(x);
    const first = data.slice(4 * start, 4 * start + 3);
    const belongs = (pixel) => {
      for (let c = 0; c < 3; c++) {
        if (Math.abs(data[4 * pixel + c] - first[c]) > alike) return false;
      }
      return true;
    };
    const seen = new Uint8Array(width * height);
    const open = [start];
    while (open.length) {
      const pixel = open.pop();
      if (seen[pixel] || !belongs(pixel)) continue;
      seen[pixel] = 1;
      data.set([...color, 255], 4 * pixel);
      const column = pixel % width;
      if (column > 0) open.push(pixel - 1);
      if (column < width - 1) open.push(pixel + 1);
      if (pixel >= width) open.push(pixel - width);
      if (pixel < width * (height - 1)) open.push(pixel + width);
    }
  }
}

function blankImage({ width, height, brushes }) {
  const image = new ImageData(width, height);
  for (let i = 0; i < image.data.length; i += 4) image.data.set([...brushes[0].color, 255], i);
  return image;
}

// The color that most pixels have, as "r,g,b".
function mostCommonColors(image) {
  const counts = new Map();
  for (let i = 0; i < image.data.length; i += 4) {
    const color = image.data.slice(i, i + 3).join();
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([color]) => color);
}

// The pixels of a stored picture, as they are or in another size.

async function decoded(address) {
  const stored = new Image();
  stored.src = address;
  await stored.decode();
  return stored;
}

function pixelsOf(picture, width, height, smooth) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  // What is transparent is the background.
  context.fillStyle = `rgb(${settings.brushes[0].color})`;
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

// A picture from elsewhere as a drawing, and the share of its pixels that had none of the colors.
function asDrawing(picture) {
  const { naturalWidth, naturalHeight } = picture;
  let { width, height } = settings;
  if (!settings.fixed_size) {
    // As many pixels as in a drawing, in the proportions of the picture.
    const scale = Math.sqrt((width * height) / (naturalWidth * naturalHeight));
    width = Math.max(1, Math.round(naturalWidth * scale));
    height = Math.max(1, Math.round(naturalHeight * scale));
  }
  const image = pixelsOf(picture, width, height, settings.kind !== "colors");
  if (settings.kind === "any") return { image, unknown: 0 };
  if (settings.kind === "grey") return { image: inGrey(image), unknown: 0 };
  return withColorsOf(image, colorsOfStored(image) ?? ((color) => nearest(color)));
}

function inGrey(image) {
  for (let i = 0; i < image.data.length; i += 4) {
    const [r, g, b] = image.data.slice(i, i + 3);
    image.data.fill(Math.round(0.299 * r + 0.587 * g + 0.114 * b), i, i + 3);
  }
  return image;
}

// For a label map that holds the numbers of its classes: what color a number has on this page.
function colorsOfStored(image) {
  const stored = new Map(settings.brushes.map(({ stored, color }) => [stored, color]));
  for (let i = 0; i < image.data.length; i += 4) {
    const [r, g, b] = image.data.slice(i, i + 3);
    if (r !== g || g !== b || !stored.has(r)) return null;
  }
  return ([grey]) => ({ color: stored.get(grey), exact: true });
}

function nearest(color) {
  const distance = (brush) => brush.color.reduce((sum, v, c) => sum + (v - color[c]) ** 2, 0);
  const distances = settings.brushes.map(distance);
  const least = Math.min(...distances);
  return { color: settings.brushes[distances.indexOf(least)].color, exact: least === 0 };
}

function withColorsOf(image, match) {
  const known = new Map();
  let unknown = 0;
  for (let i = 0; i < image.data.length; i += 4) {
    const color = image.data.slice(i, i + 3);
    const key = (color[0] << 16) | (color[1] << 8) | color[2];
    if (!known.has(key)) known.set(key, match([...color]));
    const found = known.get(key);
    if (!found.exact) unknown++;
    image.data.set(found.color, i);
  }
  return { image, unknown: unknown / (image.width * image.height) };
}
