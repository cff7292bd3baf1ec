/* Greys through a window, and a heat map in colours, on canvases: what the film viewer draws. */

const within = (value, low, high) => Math.min(high, Math.max(low, value));

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** Return the 256 greys that a window shows: from black at its foot to white at its top. */
function windowed({ level, width, invert }) {
  const foot = level - width / 2;
  return Uint8Array.from({ length: 256 }, (_, grey) => {
    const shown = within(Math.round((255 * (grey - foot)) / width), 0, 255);
    return invert ? 255 - shown : shown;
  });
}

/** A film: its greys as they came, and a canvas with them as the window shows them. */
class Film {
  constructor(source, title, ready) {
    this.source = source;
    this.title = title;
    this.painted = "";
    const image = new Image();
    image.onload = () => {
      this.canvas = canvasOf(image.naturalWidth, image.naturalHeight);
      const context = this.canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      this.pixels = context.getImageData(0, 0, this.canvas.width, this.canvas.height);
      this.greys = new Uint8Array(this.canvas.width * this.canvas.height);
      for (let at = 0; at < this.greys.length; at += 1) this.greys[at] = this.pixels.data[4 * at];
      ready();
    };
    image.src = source;
  }

  paint(view) {
    const key = `${view.level} ${view.width} ${view.invert}`;
    if (key === this.painted) return;
    this.painted = key;
    const table = windowed(view);
    const words = new Uint32Array(this.pixels.data.buffer);
    for (let at = 0; at < words.length; at += 1) {
      const grey = table[this.greys[at]];
      words[at] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
    }
    this.canvas.getContext("2d").putImageData(this.pixels, 0, 0);
  }
}

/** Return a heat map in colours, the weaker the more transparent. */
function heatCanvas(heat) {
  const values = bytesOf(heat.values);
  const colours = bytesOf(heat.colours);
  const canvas = canvasOf(heat.side, heat.side);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(heat.side, heat.side);
  values.forEach((value, at) => {
    picture.data.set(colours.subarray(3 * value, 3 * value + 3), 4 * at);
    picture.data[4 * at + 3] = value;
  });
  context.putImageData(picture, 0, 0);
  return canvas;
}
