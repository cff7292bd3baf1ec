/* From numbers to pixels: one sequential ramp (luminance rises throughout) for ink, maps and units. */

const RAMP_STOPS = [
  [0, [13, 34, 54]], [0.35, [0, 98, 155]], [0.7, [86, 180, 233]], [1, [255, 255, 255]],
];

/** 256 colours as little-endian RGBA words, dark blue through blue to white. */
const RAMP = Uint32Array.from({ length: 256 }, (_, level) => {
  const t = level / 255;
  const upper = RAMP_STOPS.findIndex(([stop]) => stop >= t);
  const [[t0, from], [t1, to]] = [RAMP_STOPS[Math.max(0, upper - 1)], RAMP_STOPS[upper]];
  const share = t1 === t0 ? 0 : (t - t0) / (t1 - t0);
  const [r, g, b] = from.map((value, i) => Math.round(value + (to[i] - value) * share));
  return (255 << 24) | (b << 16) | (g << 8) | r;
});

/** Return a colour of the ramp for CSS, `level` 0 to 255. */
function rampColour(level) {
  const word = RAMP[level];
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
}

/** Paint `values` (0 to `largest`, less counts as 0) on a canvas of the very same size in pixels. */
function paintPixels(canvas, values, largest) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  const factor = largest > 0 ? 255 / largest : 0;
  for (let i = 0; i < words.length; i++) {
    words[i] = RAMP[Math.max(0, Math.min(255, Math.round(values[i] * factor)))];
  }
  context.putImageData(image, 0, 0);
}

/** Paint each channel of `maps` on its own canvas, all on one scale. */
function paintMaps(canvases, maps) {
  const plane = maps.height * maps.width;
  const largest = maps.data.reduce((a, b) => Math.max(a, b), 0);
  canvases.forEach((canvas, channel) => {
    paintPixels(canvas, maps.data.subarray(channel * plane, (channel + 1) * plane), largest);
  });
}

/** Give a canvas as many pixels as the screen has where it is shown; return its 2d context. */
function sharpContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [width, height].map((length) => Math.max(1, Math.round(length * ratio)));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  return canvas.getContext("2d");
}

/** Paint units as cells with a gap between them, `across` cells a row. */
function paintUnits(canvas, values, across) {
  const context = sharpContext(canvas, canvas.clientWidth, canvas.clientHeight);
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const down = Math.ceil(values.length / across);
  const gap = Math.max(1, Math.round(window.devicePixelRatio || 1));
  const edges = (count, length) => Array.from(
    { length: count + 1 }, (_, i) => Math.round((i * (length + gap)) / count),
  );
  const [columns, rows] = [edges(across, width), edges(down, height)];
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  values.forEach((value, i) => {
    const level = largest > 0 ? Math.round((255 * Math.max(0, value)) / largest) : 0;
    const [x, y] = [i % across, Math.floor(i / across)];
    context.fillStyle = rampColour(level);
    context.fillRect(
      columns[x], rows[y], columns[x + 1] - columns[x] - gap, rows[y + 1] - rows[y] - gap,
    );
  });
}

/**
 * Paint the sheet: its ink and, where the keyboard moves it, the pen.
 * @param {HTMLCanvasElement} canvas shown at `canvas.clientWidth` CSS pixels
 * @param {HTMLCanvasElement} inked 280 x 280, white with the ink as alpha
 * @param {Drawing} drawing
 * @param {{x: number, y: number, down: boolean} | null} pen
 */
function paintSheet(canvas, inked, drawing, pen) {
  const side = canvas.clientWidth || SHEET;
  const context = sharpContext(canvas, side, side);
  context.setTransform(canvas.width / SHEET, 0, 0, canvas.height / SHEET, 0, 0);
  context.clearRect(0, 0, SHEET, SHEET);
  if (drawing.picture) context.drawImage(inked, 0, 0);
  context.strokeStyle = "#fff";
  traceStrokes(context, drawing.strokes);
  if (!pen) return;
  context.beginPath();
  context.arc(pen.x, pen.y, PEN_WIDTH / 2, 0, 2 * Math.PI);
  context.lineWidth = 3;
  context.strokeStyle = "#E69F00";
  context.fillStyle = "#E69F00";
  if (pen.down) context.fill();
  context.stroke();
}
