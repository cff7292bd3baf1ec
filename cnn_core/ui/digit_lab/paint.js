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

/** Return the level on the ramp, 0 to 255, of a value between `low` and `high`; outside: the ends. */
function levelOf(value, [low, high]) {
  if (!(high > low)) return 0;
  return Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));
}

/**
 * Return what is painted darkest and brightest: the layer's bounds, its own smallest and largest
 * value ("values"), or 0 and its largest.
 */
function boundsOf(bounds, values) {
  if (bounds === "values") return [Math.min(...values), Math.max(...values)];
  return bounds || [0, values.reduce((a, b) => Math.max(a, b), 0)];
}

/** Paint `values` between `bounds` on a canvas of the very same size in pixels. */
function paintPixels(canvas, values, bounds) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = RAMP[levelOf(values[i], bounds)];
  context.putImageData(image, 0, 0);
}

/** Paint each channel of `maps` on its own canvas, all on one scale. */
function paintMaps(canvases, maps, bounds) {
  const plane = maps.height * maps.width;
  const ends = boundsOf(bounds, maps.data);
  canvases.forEach((canvas, channel) => {
    paintPixels(canvas, maps.data.subarray(channel * plane, (channel + 1) * plane), ends);
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
function paintUnits(canvas, values, across, bounds) {
  const context = sharpContext(canvas, canvas.clientWidth, canvas.clientHeight);
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const down = Math.ceil(values.length / across);
  const gap = Math.max(1, Math.round(window.devicePixelRatio || 1));
  const edges = (count, length) => Array.from(
    { length: count + 1 }, (_, i) => Math.round((i * (length + gap)) / count),
  );
  const [columns, rows] = [edges(across, width), edges(down, height)];
  const ends = boundsOf(bounds, values);
  values.forEach((value, i) => {
    const [x, y] = [i % across, Math.floor(i / across)];
    context.fillStyle = rampColour(levelOf(value, ends));
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
