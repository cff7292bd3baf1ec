/*
 * A picture divided into cells: an outline follows the pointer and the arrow keys; a click, Enter or
 * Space chooses. Streamlit calls the default export again on every rerun: it only sets properties.
 */

const SVG = "http://www.w3.org/2000/svg";
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Return the number of the cell at a point in the picture's pixels; -1 beside the last one. */
function cellAt(data, x, y) {
  const column = Math.floor((x - data.gap / 2) / (data.cell_width + data.gap));
  const row = Math.floor((y - data.gap / 2) / (data.cell_height + data.gap));
  const number = row * data.columns + column;
  return column >= 0 && column < data.columns && row >= 0 && number < data.count ? number : -1;
}

/** Return the cell that a key leads to from `number`; it stays where there is none. */
function cellBeside(data, number, [right, down]) {
  const column = (number % data.columns) + right;
  const next = number + right + down * data.columns;
  return column < 0 || column >= data.columns || next < 0 || next >= data.count ? number : next;
}

function frame(svg, style, left, top, width, height) {
  for (const name of ["under", style]) {
    if (name === "under" && style === "hover") continue;
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", name);
    for (const [key, value] of Object.entries({ x: left, y: top, width, height })) {
      rect.setAttribute(key, value);
    }
    svg.append(rect);
  }
}

function frameCell(svg, style, data, number) {
  if (number < 0) return;
  const left = data.gap + (number % data.columns) * (data.cell_width + data.gap);
  const top = data.gap + Math.floor(number / data.columns) * (data.cell_height + data.gap);
  frame(svg, style, left, top, data.cell_width, data.cell_height);
}

/**
 * Mount the picture, or bring it up to date.
 * @param {{data: object, parentElement: ParentNode, setTriggerValue: Function}} component
 */
export default function cellPicture({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".cells");
  const image = root.querySelector("img");
  const svg = root.querySelector("svg");
  const live = root.querySelector(".live");
  if (image.src !== data.image) image.src = data.image;
  image.width = data.width;
  image.height = data.height;
  image.alt = data.alt;
  root.style.maxWidth = `${data.widest}px`;
  root.classList.toggle("choosable", data.count > 0);
  root.classList.toggle("pixelated", data.pixelated);
  root.tabIndex = data.count > 0 ? 0 : -1;
  root.setAttribute("aria-label", data.count > 0
    ? `${data.alt} Arrow keys move between the ${data.count} ${data.noun}s, Enter chooses.` : data.alt);
  svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  root.dataset.chosen = data.chosen;
  let hover = -1;

  const paint = () => {
    svg.replaceChildren();
    for (let at = 0; at < data.boxes.length; at += 4) frame(svg, "box", ...data.boxes.slice(at, at + 4));
    frameCell(svg, "chosen", data, data.chosen);
    if (hover !== data.chosen) frameCell(svg, "hover", data, hover);
  };
  const pointAt = (number) => {
    if (number === hover) return;
    hover = number;
    paint();
  };
  const cellUnder = (event) => {
    const place = image.getBoundingClientRect();
    return cellAt(
      data,
      ((event.clientX - place.left) * data.width) / place.width,
      ((event.clientY - place.top) * data.height) / place.height,
    );
  };
  const choose = (number) => {
    if (number < 0) return;
    live.textContent = `${data.noun} ${number}`;
    setTriggerValue("chosen", number);
  };

  root.onpointermove = data.count > 0 ? (event) => pointAt(cellUnder(event)) : null;
  root.onpointerleave = () => pointAt(-1);
  root.onclick = data.count > 0 ? (event) => choose(cellUnder(event)) : null;
  root.onkeydown = data.count === 0 ? null : (event) => {
    if (STEPS[event.key]) {
      event.preventDefault();
      const from = hover >= 0 ? hover : data.chosen;
      pointAt(from < 0 ? 0 : cellBeside(data, from, STEPS[event.key]));
      live.textContent = `${data.noun} ${hover}`;
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(hover >= 0 ? hover : data.chosen);
    }
  };
  paint();
}
