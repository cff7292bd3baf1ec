/*
 * From ink to MNIST's own form (LeCun, Bottou, Bengio, Haffner 1998, section III.A): scaled to fit a
 * 20 x 20 box, aspect ratio kept, grey levels from anti-aliasing; then the centre of mass is put at
 * the centre of a 28 x 28 field. In MNIST's files it lies within half a pixel of index 14 on both
 * axes, so the shift is by whole pixels. `cnn_core.data.ink.mnist_form` does the same in Python.
 */

const BOX = 20;
const FIELD = 28;
const CENTRE = 14;
const FAINT = 0.1; // of the darkest ink: what is below does not widen the bounding box

/**
 * Return the smallest box around the ink, or null where there is none.
 * @param {Uint8Array} ink square sheet, row by row, 0 to 255
 * @param {number} side
 */
function inkBox(ink, side) {
  const threshold = FAINT * ink.reduce((a, b) => Math.max(a, b), 0);
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (ink[y * side + x] <= threshold) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (right < 0) return null;
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * For each of `target` cells over `length` source cells: which source cells, with what share.
 * @returns {{index: number, share: number}[][]} shares of a cell sum to 1
 */
function areaShares(length, target) {
  const scale = length / target;
  return Array.from({ length: target }, (_, cell) => {
    const [from, to] = [cell * scale, (cell + 1) * scale];
    const shares = [];
    for (let index = Math.floor(from); index < length && index < to; index++) {
      const covered = Math.min(to, index + 1) - Math.max(from, index);
      if (covered > 1e-9) shares.push({ index, share: covered / scale });
    }
    return shares;
  });
}

/**
 * Scale the box so that its longer side is 20 pixels; each pixel is the mean ink of its area.
 * @returns {{data: Float32Array, width: number, height: number}} values 0 to 255
 */
function scaleToBox(ink, side, box) {
  const factor = BOX / Math.max(box.width, box.height);
  const width = Math.max(1, Math.round(box.width * factor));
  const height = Math.max(1, Math.round(box.height * factor));
  const columns = areaShares(box.width, width);
  const rows = areaShares(box.height, height);
  const narrow = new Float32Array(box.height * width);
  for (let y = 0; y < box.height; y++) {
    const start = (box.top + y) * side + box.left;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const { index, share } of columns[x]) sum += ink[start + index] * share;
      narrow[y * width + x] = sum;
    }
  }
  const data = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (const { index, share } of rows[y]) {
      for (let x = 0; x < width; x++) data[y * width + x] += narrow[index * width + x] * share;
    }
  }
  return { data, width, height };
}

/** Return the whole-pixel offset that brings the centre of mass to `CENTRE`, all ink kept inside. */
function centring(scaled) {
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < scaled.height; y++) {
    for (let x = 0; x < scaled.width; x++) {
      const value = scaled.data[y * scaled.width + x];
      mass += value;
      sumX += value * x;
      sumY += value * y;
    }
  }
  const inside = (offset, size) => Math.max(0, Math.min(FIELD - size, offset));
  return {
    left: inside(Math.round(CENTRE - sumX / mass), scaled.width),
    top: inside(Math.round(CENTRE - sumY / mass), scaled.height),
  };
}

/** Return a `side` x `side` field of bytes with `scaled` at (left, top). */
function place(scaled, side, left, top) {
  const field = new Uint8Array(side * side);
  for (let y = 0; y < scaled.height; y++) {
    for (let x = 0; x < scaled.width; x++) {
      field[(top + y) * side + left + x] = Math.round(scaled.data[y * scaled.width + x]);
    }
  }
  return field;
}

/**
 * Return both steps of the way to MNIST's form; blank fields where there is no ink.
 * @param {Uint8Array} ink
 * @param {number} [side]
 * @returns {{blank: boolean, box: Uint8Array, form: Uint8Array}} 20 x 20 and 28 x 28, 0 to 255
 */
function toMnistForm(ink, side = SHEET) {
  const found = inkBox(ink, side);
  if (!found) {
    return { blank: true, box: new Uint8Array(BOX * BOX), form: new Uint8Array(FIELD * FIELD) };
  }
  const scaled = scaleToBox(ink, side, found);
  const { left, top } = centring(scaled);
  const inBox = (size) => Math.floor((BOX - size) / 2);
  return {
    blank: false,
    box: place(scaled, BOX, inBox(scaled.width), inBox(scaled.height)),
    form: place(scaled, FIELD, left, top),
  };
}
