/*
 * A second network beside the explored one: it reads the same drawing, and its layers stand under
 * those of the first. There is one sheet; a layer that is chosen is chosen in both.
 */

/** Return what Python passes for the second network, without the prefix of its names. */
function besideOf(data) {
  const mine = Object.entries(data).filter(([name]) => name.startsWith("beside_"));
  return Object.fromEntries(mine.map(([name, value]) => [name.slice("beside_".length), value]));
}

/** Build the columns of a network, its outputs being a layer like the others, and explore them. */
function exploreNetwork(view, network, data, chosen, report) {
  view.root.dataset.explore = "true";
  view.largeFigure.hidden = false;
  const outputs = { name: "output", kind: "units", maps: network.outputs, bounds: "values" };
  view.build(data.title, [...network.shown, outputs], data.classes, data.captions);
  return new Explorer(view, { titles: data.titles, fields: data.fields, chosen }, report);
}

class Beside {
  /**
   * @param {View} first view of the explored network
   * @param {Explorer} explorer of the same
   * @param {object} data of both; that of the second begins with "beside_"
   * @param {(chosen: number) => void} report hears of a choice among the second's layers
   */
  constructor(first, explorer, data, report) {
    const mine = besideOf(data);
    const root = first.root.cloneNode(true);
    root.setAttribute("aria-label", mine.title);
    this.frame = element("div", { className: "two" });
    first.root.replaceWith(this.frame);
    this.frame.append(first.root, root);
    [first.root, root].forEach((lab, place) => {
      lab.dataset.beside = place === 0 ? "first" : "second";
      const textContent = place === 0 ? data.title : mine.title;
      lab.prepend(element("div", { className: "heading of-two", textContent }));
      const whose = element("span", { className: "of-two", textContent: textContent.split(",")[0] });
      lab.querySelector(".verdict .words").prepend(whose);
    });
    this.first = first;
    this.view = new View(root);
    root.querySelectorAll(".drawing, .hint, .spoken").forEach((node) => node.remove());
    this.network = compileNetwork(mine, decodeWeights(mine.weights));
    this.explorer = exploreNetwork(this.view, this.network, mine, explorer.chosen, report);
    this.explorer.seen = explorer.seen.cloneNode();
    explorer.seen.after(this.explorer.seen); // on the one form that is shown
  }

  choose(index) {
    this.explorer.choose(index);
    this.explorer.paint();
  }

  arrange() {
    this.view.arrange();
    this.frame.dataset.layout = this.view.root.dataset.layout;
  }

  /** Read the form with the second network and show its layers and its answer. */
  paint(box, form, blank) {
    const probabilities = this.network.read(form);
    this.view.paintPictures(box, form);
    this.explorer.paint();
    this.view.paintReading(blank ? null : probabilities);
  }

  /** What both networks say, for who does not see it. */
  get sentence() {
    return [this.first, this.view]
      .map((view) => `${view.root.querySelector(".heading").textContent}: ${view.sentence.textContent}`)
      .join(". ");
  }

  /** Leave the first network alone again. */
  close() {
    const { root } = this.first;
    this.explorer.seen.remove();
    root.querySelectorAll(".of-two").forEach((node) => node.remove());
    delete root.dataset.beside;
    this.frame.replaceWith(root);
  }
}
