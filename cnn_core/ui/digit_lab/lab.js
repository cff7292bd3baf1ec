/*
 * The digit lab: drawing -> ink -> MNIST's form -> network -> page, at most once a frame, all in the
 * browser. Streamlit calls the default export again on every rerun; the lab is made once.
 */

const ANNOUNCE_AFTER = 350; // milliseconds of rest before the reading is said aloud
const SAMPLE_DURATION = 650; // milliseconds in which a sample is drawn

/** Drawings by the component's key: they outlive a visit to another page. */
const MEMORY = new Map();
/** Labs by the element that Streamlit mounts them in. */
const LABS = new WeakMap();

class Lab {
  constructor(root, data) {
    this.root = root;
    this.view = new View(root);
    this.inkwell = makeInkwell();
    this.listening = new AbortController();
    this.pen = { x: SHEET / 2, y: SHEET / 4, down: false, visible: false };
    this.networkToken = null;
    this.pictureToken = "";
    this.frame = 0;
    this.announcement = 0;
    const changed = (finished) => this.onChange(finished);
    this.sheet = new Sheet(changed);
    const remembered = MEMORY.get(data.key);
    if (remembered) {
      const { drawing, history, sampleIndex } = remembered.sheet;
      Object.assign(this.sheet, { drawing, history, sampleIndex });
      this.pictureToken = remembered.pictureToken;
    }
    MEMORY.set(data.key, this);
    this.listen();
  }

  listen() {
    const { signal } = this.listening;
    const { sheet, buttons } = this.view;
    const redraw = () => this.schedule();
    const hidePen = () => Object.assign(this.pen, { visible: false, down: false });
    listenToPointer(sheet, this.sheet, hidePen, signal);
    const keyboard = { pen: this.pen, redraw, say: (text) => this.announce(text, 0) };
    listenToKeys(sheet, this.sheet, keyboard, signal);
    buttons.undo.addEventListener("click", () => this.sheet.undo(), { signal });
    buttons.clear.addEventListener("click", () => this.sheet.clear(), { signal });
    buttons.another.addEventListener("click", () => {
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.sheet.nextSample(calm ? 0 : SAMPLE_DURATION);
    }, { signal });
    this.observer = new ResizeObserver(() => {
      this.arrange();
      this.schedule();
    });
    this.observer.observe(this.root);
  }

  /** Take over what a rerun of the script passes. */
  update({ data, setStateValue }) {
    this.report = data.report ? setStateValue : null;
    this.tell = setStateValue;
    const token = `${data.network_token} ${data.beside_network_token ?? ""}`;
    if (token !== this.networkToken) {
      this.networkToken = token;
      this.network = compileNetwork(data, decodeWeights(data.weights));
      this.build(data);
    }
    this.arrange();
    if (data.picture_token !== this.pictureToken) {
      this.pictureToken = data.picture_token;
      if (data.picture) this.sheet.put(decodeBytes(data.picture));
    }
    this.render();
  }

  /** Build what depends on the network; in the explorer its outputs are a layer like the others. */
  build(data) {
    if (!data.captions) {
      this.view.build(data.title, this.network.shown, data.classes);
      return;
    }
    const chosen = this.explorer?.chosen ?? data.chosen;
    this.beside?.close();
    this.beside = null;
    this.explorer = exploreNetwork(this.view, this.network, data, chosen, (index) => {
      this.beside?.choose(index);
      this.tell("layer", index);
    });
    if (!data.beside_weights) return;
    this.beside = new Beside(this.view, this.explorer, data, (index) => {
      this.explorer.choose(index);
      this.explorer.paint();
      this.tell("layer", index);
    });
    this.observer.observe(this.beside.frame);
  }

  arrange() {
    this.view.arrange();
    this.beside?.arrange();
  }

  onChange(finished) {
    this.schedule();
    this.finished = finished;
  }

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => this.render());
  }

  /** Read the sheet and show everything: the one place where the lab's page changes. */
  render() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const started = performance.now();
    const { ink, canvas } = this.inkwell(this.sheet.drawing);
    const { blank, box, form } = toMnistForm(ink);
    const probabilities = this.network.read(form);
    const milliseconds = performance.now() - started;
    const reading = blank ? null
      : { digit: probabilities.indexOf(Math.max(...probabilities)), probabilities, form: [...form] };
    paintSheet(this.view.sheet, canvas, this.sheet.drawing, this.pen.visible ? this.pen : null);
    this.view.paintPictures(box, form);
    if (this.explorer) this.explorer.paint();
    this.view.paintReading(reading && reading.probabilities);
    this.view.buttons.undo.disabled = this.sheet.history.length === 0;
    this.view.buttons.clear.disabled = this.sheet.blank;
    this.root.reading = { ...reading, milliseconds };
    if (this.beside) this.beside.paint(box, form, blank);
    this.announce(this.beside ? this.beside.sentence : this.view.sentence.textContent);
    if (this.finished) {
      this.finished = false;
      if (this.report) this.report("reading", reading);
    }
  }

  /** Say `text` to assistive technology, once the drawing rests. */
  announce(text, after = ANNOUNCE_AFTER) {
    clearTimeout(this.announcement);
    this.announcement = setTimeout(() => {
      if (this.view.live.textContent !== text) this.view.live.textContent = text;
    }, after);
  }

  close() {
    this.listening.abort();
    this.observer.disconnect();
    this.sheet.stopAnimation();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.announcement);
  }
}

/**
 * Mount the lab, or bring it up to date.
 * @param {{data: object, parentElement: ParentNode, setStateValue: Function}} component
 * @returns {() => void} clean-up; does nothing where a later call has taken the lab over
 */
export default function digitLab(component) {
  const { parentElement, data } = component;
  const root = parentElement.querySelector(".lab");
  let lab = LABS.get(parentElement);
  if (lab && lab.root !== root) {
    lab.close();
    lab = undefined;
  }
  if (!lab) {
    lab = new Lab(root, data);
    LABS.set(parentElement, lab);
  }
  const turn = (lab.turn ?? 0) + 1;
  lab.turn = turn;
  lab.update(component);
  return () => {
    if (lab.turn !== turn) return;
    lab.close();
    LABS.delete(parentElement);
  };
}
