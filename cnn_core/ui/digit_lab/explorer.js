/*
 * The explorer: each layer of the network is a button; the maps of the chosen one are shown large and
 * follow the drawing. Under the pointer: one unit, its value, and the square of the input it sees.
 */

/** Return how many of `count` units stand side by side: a divisor, so that no cell is left over. */
function unitsAcross(count) {
  let across = Math.ceil(Math.sqrt(count));
  while (count % across) across += 1;
  return across;
}

class Explorer {
  /**
   * @param {View} view whose columns are built
   * @param {{titles: string[], fields: number[][], chosen: number}} told by Python, one a layer;
   *   a field is [side, step, offset] in pixels of the form
   * @param {(chosen: number) => void} report hears of a choice
   */
  constructor(view, told, report) {
    this.view = view;
    this.told = told;
    const find = (part) => view.root.querySelector(`[data-part="${part}"]`);
    this.large = find("large");
    this.caption = find("large-caption");
    this.unit = find("unit");
    this.seen = find("seen");
    view.columns.forEach(({ layer }, index) => {
      layer.addEventListener("click", () => {
        this.choose(index);
        this.paint();
        report(index);
      });
    });
    this.choose(told.chosen);
  }

  /** Show the maps of another layer. */
  choose(index) {
    this.chosen = Math.max(0, Math.min(this.view.columns.length - 1, index));
    this.view.columns.forEach(({ layer }, i) => layer.setAttribute("aria-pressed", i === this.chosen));
    const { kind, maps, across } = this.view.columns[this.chosen];
    const wide = across || unitsAcross(maps.channels);
    this.canvases = kind === "maps"
      ? Array.from({ length: maps.channels }, () => pixelCanvas(maps.width, maps.height))
      : [element("canvas")];
    this.large.className = `tiles ${kind}`;
    this.large.style.setProperty("--across", kind === "maps" ? unitsAcross(maps.channels) : 1);
    this.large.style.setProperty("--shape", wide / (maps.channels / wide));
    this.large.setAttribute("aria-label", `${this.told.titles[this.chosen]}, large`);
    this.large.replaceChildren(...this.canvases);
    this.canvases.forEach((canvas, map) => {
      canvas.addEventListener("pointermove", (event) => this.point(canvas, map, event));
      canvas.addEventListener("pointerleave", () => this.leave());
    });
    this.leave();
  }

  /** Paint what the network's buffers hold now. */
  paint() {
    const { kind, maps, bounds, across } = this.view.columns[this.chosen];
    const ends = boundsOf(bounds, maps.data);
    if (kind === "maps") paintMaps(this.canvases, maps, ends);
    else paintUnits(this.canvases[0], maps.data, across || unitsAcross(maps.channels), ends);
    const [low, high] = ends.map((value) => value.toFixed(1));
    this.caption.textContent = `${this.told.titles[this.chosen]}: dark is ${low}, white is ${high}`;
    this.tell();
  }

  /** Remember the unit under the pointer. */
  point(canvas, map, event) {
    const { kind, maps, across } = this.view.columns[this.chosen];
    const place = canvas.getBoundingClientRect();
    const wide = kind === "maps" ? maps.width : across || unitsAcross(maps.channels);
    const high = kind === "maps" ? maps.height : maps.channels / wide;
    const cell = (from, length, count) => (
      Math.max(0, Math.min(count - 1, Math.floor((from / length) * count)))
    );
    const row = cell(event.clientY - place.top, place.height, high);
    const column = cell(event.clientX - place.left, place.width, wide);
    this.pointed = kind === "maps" ? { map, row, column } : { map: row * wide + column, row: 0, column: 0 };
    this.tell();
  }

  leave() {
    this.pointed = null;
    this.tell();
  }

  /** Say what the unit under the pointer answers, and frame what it sees. */
  tell() {
    this.seen.hidden = !this.pointed;
    if (!this.pointed) {
      this.unit.textContent = "Point at a unit to see its value, and what it sees.";
      return;
    }
    const { map, row, column } = this.pointed;
    const { kind, maps } = this.view.columns[this.chosen];
    const value = maps.data[(map * maps.height + row) * maps.width + column];
    const [side, step, offset] = this.told.fields[this.chosen];
    const ends = (index) => {
      const first = index * step + offset;
      return [Math.max(0, first), Math.min(FIELD, first + side)];
    };
    const [top, bottom] = ends(row);
    const [left, right] = ends(column);
    const share = (pixels) => `${(100 * pixels) / FIELD}%`;
    Object.assign(this.seen.style, {
      top: share(top), left: share(left), height: share(bottom - top), width: share(right - left),
    });
    const where = kind === "maps" ? `map ${map}, row ${row}, column ${column}` : `unit ${map}`;
    this.unit.textContent = `${where}: ${value.toFixed(2)}, from rows ${top} to ${bottom - 1}, `
      + `columns ${left} to ${right - 1}`;
  }
}
