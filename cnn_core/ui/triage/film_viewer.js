/*
 * A film on a canvas: window and level, inversion, zoom, its heat map over or beside it, another
 * film beside it. Everything happens here; nothing comes back. Panes share zoom and place: a place
 * is kept as shares of a film's width and height, so that films of other sizes move along.
 */

const WHOLE = { level: 127.5, width: 255, invert: false, zoom: 1, x: 0.5, y: 0.5 };
const MOST_ZOOM = 16;

class Viewer {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.view = { ...WHOLE };
    this.tool = "window";
    this.heatMode = "beside";
    this.opacity = 60;
    this.fingers = new Map();
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  /** Take what Python says; the view stays as it is while the film does. */
  show(data) {
    if (this.token !== data.token) {
      // Where the list lies below the film, a film that is opened there is brought into sight.
      if (this.token && matchMedia("(max-width: 640px)").matches) this.root.scrollIntoView();
      this.token = data.token;
      this.view = { ...WHOLE };
    }
    const drawn = () => this.draw();
    if (this.film?.source !== data.film) this.film = new Film(data.film, data.title, drawn);
    if (!data.other) this.other = null;
    else if (this.other?.source !== data.other) this.other = new Film(data.other, data.other_title, drawn);
    if (this.heatKey !== (data.heat?.values ?? "")) {
      this.heatKey = data.heat?.values ?? "";
      this.heat = data.heat ? { ...data.heat, canvas: heatCanvas(data.heat) } : null;
    }
    this.root.classList.toggle("plain", !this.heat);
    this.canvas.setAttribute("aria-label", data.alt);
    this.draw();
  }

  panes() {
    const mode = this.heat ? this.heatMode : "off";
    const panes = [{ film: this.film, heat: mode === "over", title: this.film?.title }];
    if (mode === "beside") panes.push({ film: this.film, heat: true, title: "Where the network looked" });
    if (this.other) panes.push({ film: this.other, heat: false, title: this.other.title });
    return panes;
  }

  /** Return where a pane's film lies on the canvas, in CSS pixels. */
  place(film, pane, count) {
    const width = this.canvas.clientWidth / count;
    const height = this.canvas.clientHeight;
    const scale = Math.min(width / film.canvas.width, height / film.canvas.height) * this.view.zoom;
    const size = [film.canvas.width * scale, film.canvas.height * scale];
    const left = width * (pane + 0.5) - this.view.x * size[0];
    return { left, top: height / 2 - this.view.y * size[1], width: size[0], height: size[1], pane: width };
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  paint() {
    const { canvas, view } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const panes = this.panes();
    panes.forEach((pane, number) => {
      if (!pane.film?.canvas) return;
      pane.film.paint(view);
      const at = this.place(pane.film, number, panes.length);
      context.save();
      context.beginPath();
      context.rect(at.pane * number + (number ? 1 : 0), 0, at.pane - (number ? 1 : 0), height);
      context.clip();
      context.imageSmoothingEnabled = at.width < 4 * pane.film.canvas.width;
      context.imageSmoothingQuality = "high";
      context.drawImage(pane.film.canvas, at.left, at.top, at.width, at.height);
      if (pane.heat) {
        const [left, top, right] = this.heat.box;
        const scale = at.width / (right - left);
        const side = this.heat.side * scale;
        context.globalAlpha = this.opacity / 100;
        context.imageSmoothingEnabled = true;
        context.drawImage(this.heat.canvas, at.left - left * scale, at.top - top * scale, side, side);
      }
      context.restore();
    });
    this.root.querySelector(".titles").replaceChildren(
      ...panes.map((pane) => Object.assign(document.createElement("span"), { textContent: pane.title })),
    );
    this.tell();
  }

  /** Bring buttons and sliders, and what tests read, up to the view. */
  tell() {
    const { view, root } = this;
    this.part("level").value = view.level;
    this.part("width").value = view.width;
    this.part("opacity").value = this.opacity;
    this.part("heat").value = this.heatMode;
    root.querySelector(".zoom").textContent = `${view.zoom.toFixed(1)}x`;
    root.classList.toggle("moves", this.tool === "move");
    root.classList.toggle("zoomed", view.zoom > 1);
    for (const [act, on] of [
      ["window", this.tool === "window"], ["move", this.tool === "move"], ["invert", view.invert],
    ]) {
      root.querySelector(`[data-act=${act}]`).setAttribute("aria-pressed", String(on));
    }
    Object.assign(root.dataset, {
      level: Math.round(view.level), width: Math.round(view.width), zoom: view.zoom.toFixed(2),
      invert: view.invert, place: `${view.x.toFixed(3)} ${view.y.toFixed(3)}`,
      panes: this.panes().length, ready: Boolean(this.film?.canvas),
    });
  }

  set(change) {
    const view = { ...this.view, ...change };
    view.level = within(view.level, 0, 255);
    view.width = within(view.width, 2, 510);
    view.zoom = within(view.zoom, 1, MOST_ZOOM);
    view.x = within(view.x, 0, 1);
    view.y = within(view.y, 0, 1);
    this.view = view;
    this.draw();
  }

  say(words) {
    this.root.querySelector(".live").textContent = words;
  }

  /** Zoom so that what lies under a point of the canvas stays there. */
  zoomAt(factor, [x, y]) {
    const panes = this.panes();
    const number = within(Math.floor((x / this.canvas.clientWidth) * panes.length), 0, panes.length - 1);
    const film = panes[number].film;
    if (!film?.canvas) return;
    const at = this.place(film, number, panes.length);
    const zoom = within(this.view.zoom * factor, 1, MOST_ZOOM);
    const grown = zoom / this.view.zoom;
    const shift = (from, middle, size) => ((from - middle) * (1 - 1 / grown)) / size;
    const middle = at.pane * (number + 0.5);
    this.set({
      zoom,
      x: zoom === 1 ? 0.5 : this.view.x + shift(x, middle, at.width),
      y: zoom === 1 ? 0.5 : this.view.y + shift(y, this.canvas.clientHeight / 2, at.height),
    });
  }

  moveBy(right, down) {
    if (!this.film?.canvas) return;
    const at = this.place(this.film, 0, this.panes().length);
    this.set({ x: this.view.x - right / at.width, y: this.view.y - down / at.height });
  }

  act(name) {
    const middle = [this.canvas.clientWidth / (2 * this.panes().length), this.canvas.clientHeight / 2];
    if (name === "window" || name === "move") this.tool = name;
    else if (name === "invert") this.set({ invert: !this.view.invert });
    else if (name === "in") this.zoomAt(1.25, middle);
    else if (name === "out") this.zoomAt(0.8, middle);
    else if (name === "fit") this.set({ zoom: 1, x: 0.5, y: 0.5 });
    else if (name === "reset") this.set(WHOLE);
    this.draw();
    const { level, width, zoom, invert } = this.view;
    const window = `level ${Math.round(level)}, window ${Math.round(width)}`;
    this.say(`Zoom ${zoom.toFixed(1)}, ${window}${invert ? ", inverted" : ""}`);
  }

  key(name) {
    const { level, width } = this.view;
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    const acts = { "+": "in", "=": "in", "-": "out", 0: "fit", i: "invert", r: "reset" };
    const views = {
      PageUp: { level: level - 10 }, PageDown: { level: level + 10 },
      Home: { width: width - 15 }, End: { width: width + 15 },
    };
    if (moves[name]) this.moveBy(...moves[name]);
    else if (views[name]) this.set(views[name]);
    else if (acts[name.toLowerCase()]) this.act(acts[name.toLowerCase()]);
    else return false;
    return true;
  }

  listen() {
    const { canvas, root, fingers } = this;
    const point = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    root.onclick = (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this.act(button.dataset.act);
    };
    for (const name of ["level", "width"]) {
      this.part(name).oninput = (event) => this.set({ [name]: Number(event.target.value) });
    }
    this.part("opacity").oninput = (event) => {
      this.opacity = Number(event.target.value);
      this.draw();
    };
    this.part("heat").onchange = (event) => {
      this.heatMode = event.target.value;
      this.draw();
    };
    canvas.ondblclick = () => this.act("fit");
    canvas.onkeydown = (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.key(event.key)) event.preventDefault();
    };
    canvas.addEventListener("wheel", (event) => {
      // Only where it was clicked: the page behind can still be scrolled over the film.
      if (canvas.getRootNode().activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      this.zoomAt(Math.exp(-within(event.deltaY, -200, 200) / 400), point(event));
    }, { passive: false });
    canvas.onpointerdown = (event) => {
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, point(event));
    };
    canvas.onpointermove = (event) => {
      if (!fingers.has(event.pointerId)) return;
      const before = fingers.get(event.pointerId);
      const now = point(event);
      const still = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, now);
      const [right, down] = [now[0] - before[0], now[1] - before[1]];
      if (still) {
        const far = (spot) => Math.hypot(spot[0] - still[0], spot[1] - still[1]) || 1;
        this.zoomAt(far(now) / far(before), [(now[0] + still[0]) / 2, (now[1] + still[1]) / 2]);
        this.moveBy(right / 2, down / 2);
      } else if (this.tool === "move" || event.shiftKey) this.moveBy(right, down);
      else this.set({ width: this.view.width + right, level: this.view.level - down });
    };
    canvas.onpointerup = canvas.onpointercancel = (event) => fingers.delete(event.pointerId);
  }
}

/**
 * Mount the viewer, or bring it up to date.
 * @param {{data: object, parentElement: ParentNode}} component
 */
export default function filmViewer({ data, parentElement }) {
  const root = parentElement.querySelector(".viewer");
  root.viewer ??= new Viewer(root);
  root.viewer.show(data);
}
