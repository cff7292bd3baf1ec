/*
 * What is on the sheet, and its history. A drawing is never changed, only replaced, so that "undo" is
 * the previous one; the stroke under the pen, the last of its list, grows until the pen is lifted.
 */

const HISTORY_LENGTH = 200;

/** @type {Drawing} */
const EMPTY = Object.freeze({ picture: null, strokes: [], sample: false });

/** A drawing that can be edited; `changed(finished)` is called after every change. */
class Sheet {
  /** @param {(finished: boolean) => void} changed finished: false while a stroke goes on */
  constructor(changed) {
    this.changed = changed;
    this.sampleIndex = 0;
    this.drawing = { picture: null, strokes: sampleStrokes(0), sample: true };
    this.history = [];
    this.stroke = null;
    this.animation = 0;
  }

  get blank() {
    return !this.drawing.picture && this.drawing.strokes.length === 0;
  }

  replace(drawing) {
    this.stopAnimation();
    this.history.push(this.drawing);
    if (this.history.length > HISTORY_LENGTH) this.history.shift();
    this.drawing = drawing;
  }

  /** Put the pen down. The first stroke on a sample starts a sheet of one's own. */
  begin(x, y) {
    this.stopAnimation();
    this.stroke = [[x, y]];
    const { picture, strokes } = this.drawing.sample ? EMPTY : this.drawing;
    this.replace({ picture, strokes: [...strokes, this.stroke], sample: false });
    this.changed(false);
  }

  /** Move the pen; nothing happens while it is up. */
  extend(x, y) {
    if (!this.stroke) return;
    this.stroke.push([x, y]);
    this.changed(false);
  }

  /** Lift the pen. */
  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.changed(true);
  }

  clear() {
    this.stroke = null;
    if (!this.blank) this.replace(EMPTY);
    this.changed(true);
  }

  undo() {
    this.stopAnimation();
    this.stroke = null;
    if (this.history.length > 0) this.drawing = this.history.pop();
    this.changed(true);
  }

  /** @param {Uint8Array} picture 280 x 280 ink */
  put(picture) {
    this.stroke = null;
    this.replace({ picture, strokes: [], sample: false });
    this.changed(true);
  }

  /** Draw the next sample, stroke by stroke in `milliseconds` (0: at once). */
  nextSample(milliseconds) {
    this.stroke = null;
    this.sampleIndex += 1;
    const strokes = sampleStrokes(this.sampleIndex);
    const count = strokes.reduce((sum, points) => sum + points.length, 0);
    if (!this.drawing.sample) this.replace(EMPTY);
    this.stopAnimation();
    const started = performance.now();
    const step = (now) => {
      const share = milliseconds > 0 ? Math.max(0, Math.min(1, (now - started) / milliseconds)) : 1;
      let left = Math.max(1, Math.ceil(share * count));
      const drawn = [];
      for (const points of strokes) {
        if (left > 0) drawn.push(points.slice(0, left));
        left -= points.length;
      }
      this.drawing = { picture: null, strokes: drawn, sample: true };
      this.animation = share < 1 ? requestAnimationFrame(step) : 0;
      this.changed(share === 1);
    };
    step(started);
  }

  /** Stop drawing a sample; it is left whole, so that history never holds half a digit. */
  stopAnimation() {
    if (!this.animation) return;
    cancelAnimationFrame(this.animation);
    this.animation = 0;
    this.drawing = { picture: null, strokes: sampleStrokes(this.sampleIndex), sample: true };
  }
}
