/* From a drawing (a picture and strokes) to ink: 280 x 280 values, 0 (paper) to 255 (full ink). */

const SHEET = 280;
const PEN_WIDTH = 22;

/** @typedef {{picture: Uint8Array | null, strokes: number[][][], sample: boolean}} Drawing */

/**
 * Trace strokes on a 2d context whose unit is a sheet pixel: quadratic curves through the midpoints.
 * @param {CanvasRenderingContext2D} context
 * @param {number[][][]} strokes
 */
function traceStrokes(context, strokes) {
  context.lineWidth = PEN_WIDTH;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const points of strokes) {
    if (points.length === 0) continue;
    const last = points[points.length - 1];
    context.beginPath();
    context.moveTo(points[0][0], points[0][1]);
    for (let i = 1; i + 1 < points.length; i++) {
      const [x, y] = points[i];
      context.quadraticCurveTo(x, y, (x + points[i + 1][0]) / 2, (y + points[i + 1][1]) / 2);
    }
    context.lineTo(last[0] + 0.01, last[1]); // a line of no length would leave no dot
    context.stroke();
  }
}

/**
 * Return a function that turns a drawing into ink; it owns one hidden canvas.
 * @returns {(drawing: Drawing) => {ink: Uint8Array, canvas: HTMLCanvasElement}} `ink` is reused
 */
function makeInkwell() {
  const canvas = document.createElement("canvas");
  canvas.width = SHEET;
  canvas.height = SHEET;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const ink = new Uint8Array(SHEET * SHEET);
  return (drawing) => {
    context.clearRect(0, 0, SHEET, SHEET);
    if (drawing.picture) {
      const image = context.createImageData(SHEET, SHEET);
      image.data.fill(255);
      for (let i = 0; i < ink.length; i++) image.data[4 * i + 3] = drawing.picture[i];
      context.putImageData(image, 0, 0);
    }
    context.strokeStyle = "#fff";
    traceStrokes(context, drawing.strokes);
    const { data } = context.getImageData(0, 0, SHEET, SHEET);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3];
    return { ink, canvas };
  };
}
