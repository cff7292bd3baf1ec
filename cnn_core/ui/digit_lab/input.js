/* Pointer (mouse, finger, stylus) and keyboard on the sheet's canvas. */

const KEY_STEP = 8;
const KEY_STEP_FINE = 2;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Return where on the sheet an event happened, in sheet pixels. */
function sheetPosition(canvas, event) {
  const place = canvas.getBoundingClientRect();
  const [left, top] = [place.left + canvas.clientLeft, place.top + canvas.clientTop];
  return [
    ((event.clientX - left) * SHEET) / canvas.clientWidth,
    ((event.clientY - top) * SHEET) / canvas.clientHeight,
  ];
}

/**
 * Draw with the pointer.
 * @param {HTMLCanvasElement} canvas
 * @param {Sheet} sheet
 * @param {() => void} hidePen called when a pointer takes over from the keyboard
 * @param {AbortSignal} signal ends listening
 */
function listenToPointer(canvas, sheet, hidePen, signal) {
  let drawingWith = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    drawingWith = event.pointerId;
    hidePen();
    sheet.begin(...sheetPosition(canvas, event));
  }, { signal });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawingWith) return;
    const fine = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const move of fine.length > 0 ? fine : [event]) {
      sheet.extend(...sheetPosition(canvas, move));
    }
  }, { signal });
  const lift = (event) => {
    if (event.pointerId !== drawingWith) return;
    drawingWith = null;
    sheet.end();
  };
  canvas.addEventListener("pointerup", lift, { signal });
  canvas.addEventListener("pointercancel", lift, { signal });
}

/**
 * Draw with the keyboard: arrows move the pen (with Shift in fine steps), Space or Enter lowers and
 * lifts it, Delete or Backspace clears, Ctrl+Z undoes, Escape puts the pen away.
 * @param {HTMLCanvasElement} canvas
 * @param {Sheet} sheet
 * @param {{pen: {x: number, y: number, down: boolean, visible: boolean}, redraw: () => void,
 *   say: (text: string) => void}} keyboard
 * @param {AbortSignal} signal ends listening
 */
function listenToKeys(canvas, sheet, { pen, redraw, say }, signal) {
  const lift = () => {
    if (!pen.down) return;
    pen.down = false;
    sheet.end();
  };
  const toggle = () => {
    if (pen.down) {
      lift();
      return;
    }
    pen.down = true;
    sheet.begin(pen.x, pen.y);
    say("Pen down");
  };
  const move = ([dx, dy], fine) => {
    const step = fine ? KEY_STEP_FINE : KEY_STEP;
    pen.x = Math.max(0, Math.min(SHEET, pen.x + dx * step));
    pen.y = Math.max(0, Math.min(SHEET, pen.y + dy * step));
    if (pen.down) sheet.extend(pen.x, pen.y);
  };
  canvas.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") {
      pen.down = false;
      sheet.undo();
    } else if (command || event.altKey) {
      return;
    } else if (event.key in ARROWS) {
      move(ARROWS[event.key], event.shiftKey);
    } else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) toggle();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      pen.down = false;
      sheet.clear();
    } else if (event.key === "Escape" && pen.visible) {
      lift();
      pen.visible = false;
      redraw();
      return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    pen.visible = true;
    redraw();
  }, { signal });
  canvas.addEventListener("blur", () => {
    lift();
    pen.visible = false;
    redraw();
  }, { signal });
}
