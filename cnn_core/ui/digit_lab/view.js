/* The lab's elements: what is built once from the network, and what a reading changes. */

/** Return an element with properties and children. */
function element(tag, properties = {}, children = []) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Return a canvas of pixels that CSS enlarges. */
function pixelCanvas(width, height) {
  return element("canvas", { width, height, className: "pixels" });
}

const percent = (share) => `${Math.min(99.9, 100 * share).toFixed(1)}\u00a0%`;
const wholePercent = (share) => (
  share < 0.005 ? "under 1\u00a0%" : `${Math.min(99, Math.round(100 * share))}\u00a0%`
);

/**
 * Build the column of one layer: caption and maps, or caption and one strip of units.
 * @param {string[]=} lines of the caption, where the column is a button of the explorer
 */
function buildLayer({ name, kind, maps, across }, lines) {
  const count = maps.channels;
  const size = `${maps.height}\u00d7${maps.width}`;
  const [number, what] = kind === "maps" ? [`${count} maps`, size]
    : across ? [`${count} units`, `as ${across}\u00d7${count / across}`] : [`${count}`, "units"];
  const [head, ...rest] = lines || [name, number, what];
  const caption = element("div", { className: "caption" }, [
    element("b", { textContent: head }),
    ...rest.map((textContent) => element("span", { textContent })),
  ]);
  const canvases = kind === "maps"
    ? Array.from({ length: count }, () => pixelCanvas(maps.width, maps.height))
    : [element("canvas")];
  const tiles = element("div", { className: `tiles ${kind}${across ? " picture" : ""}` }, canvases);
  tiles.style.setProperty("--rows", count > 8 ? Math.ceil(count / 2) : count);
  tiles.style.setProperty("--across", unitsAcross(count));
  tiles.setAttribute("role", "img");
  tiles.setAttribute("aria-label", kind === "maps"
    ? `${name}: ${count} maps of ${maps.height} by ${maps.width}` : `${name}: ${count} units`);
  const layer = element(lines ? "button" : "div", { className: "layer" }, [caption, tiles]);
  if (lines) Object.assign(layer, { type: "button", ariaLabel: lines.join(", ") });
  layer.dataset.layer = name;
  return { layer, canvases };
}

/** Build one bar a class. */
function buildBars(count) {
  return Array.from({ length: count }, (_, digit) => {
    const fill = element("i");
    const share = element("span", { className: "share", textContent: percent(0) });
    const row = element("div", { className: "bar" }, [
      element("b", { textContent: digit }),
      element("span", { className: "track" }, [fill]),
      share,
    ]);
    row.setAttribute("role", "listitem");
    return { row, fill, share };
  });
}

/** What the component shows; `root` is the `.lab` element of lab.html. */
class View {
  constructor(root) {
    this.root = root;
    const find = (part) => root.querySelector(`[data-part="${part}"]`);
    this.sheet = find("sheet");
    this.empty = find("empty");
    this.buttons = { another: find("another"), undo: find("undo"), clear: find("clear") };
    this.box = find("box");
    this.form = find("form");
    this.layers = find("layers");
    this.verdict = find("verdict");
    this.digit = find("digit");
    this.sentence = find("sentence");
    this.second = find("second");
    this.bars = find("bars");
    this.title = find("title");
    this.live = find("live");
    this.largeFigure = find("large-figure");
  }

  /** Build what depends on the network. */
  build(title, shown, classes, captions) {
    this.title.textContent = title;
    this.columns = shown.map((row, i) => ({ ...row, ...buildLayer(row, captions && captions[i]) }));
    this.layers.replaceChildren(...this.columns.map(({ layer }) => layer));
    this.rows = buildBars(classes);
    this.bars.replaceChildren(...this.rows.map(({ row }) => row));
  }

  /** Choose the arrangement for the width there is. */
  arrange() {
    const width = (this.root.closest(".two") ?? this.root).clientWidth;
    const layout = width >= 1000 ? "wide" : width >= 770 ? "row" : width >= 560 ? "pair" : "stack";
    this.root.dataset.layout = layout;
  }

  /** Show the pictures on the way to the network, and the activations in its buffers. */
  paintPictures(box, form) {
    paintPixels(this.box, box, [0, 255]);
    paintPixels(this.form, form, [0, 255]);
    const upright = this.root.dataset.layout === "wide";
    for (const { kind, maps, canvases, bounds, across } of this.columns) {
      const wide = across || (this.root.dataset.explore ? unitsAcross(maps.data.length)
        : upright ? 4 : Math.ceil(maps.data.length / 3));
      if (kind === "maps") paintMaps(canvases, maps, bounds);
      else paintUnits(canvases[0], maps.data, wide, bounds);
    }
  }

  /** @param {number[] | null} probabilities null: the sheet is blank */
  paintReading(probabilities) {
    const order = probabilities
      ? [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]) : [];
    const [winner, second] = order;
    this.rows.forEach(({ row, fill, share }, digit) => {
      const value = probabilities ? probabilities[digit] : 0;
      row.classList.toggle("winner", digit === winner);
      fill.style.transform = `scaleX(${value.toFixed(4)})`;
      share.textContent = probabilities ? percent(value) : "\u2013";
    });
    this.empty.hidden = probabilities !== null;
    this.digit.textContent = probabilities ? winner : "?";
    this.sentence.textContent = probabilities
      ? `Reads ${winner} with ${wholePercent(probabilities[winner])}` : "Draw a digit";
    this.second.textContent = probabilities
      ? `then ${second} with ${wholePercent(probabilities[second])}` : "0 to 9, any size";
    this.root.dataset.digit = probabilities ? winner : "";
    this.root.dataset.probabilities = probabilities
      ? probabilities.map((value) => value.toFixed(6)).join(",") : "";
  }
}
