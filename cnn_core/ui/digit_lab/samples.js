/* Digits as a person draws them: pen positions on a 280 x 280 sheet, one list a stroke. */

/** @typedef {number[][]} Stroke list of [x, y] in sheet pixels, 0 to 280 */

/** @type {{digit: number, strokes: Stroke[]}[]} */
const SAMPLES = [
  {
    digit: 3,
    strokes: [[
      [94, 84], [110, 64], [138, 54], [166, 60], [180, 82], [173, 107], [152, 122], [127, 130],
      [130, 131], [160, 135], [184, 153], [191, 182], [177, 211], [147, 226], [113, 222], [88, 203],
    ]],
  },
  {
    digit: 5,
    strokes: [
      [
        [105, 62], [103, 80], [99, 103], [96, 126], [96, 127], [120, 114], [152, 116], [177, 136],
        [184, 168], [172, 201], [144, 221], [112, 222], [87, 208],
      ],
      [[106, 63], [128, 61], [156, 60], [185, 56]],
    ],
  },
  {
    digit: 7,
    strokes: [[
      [84, 76], [104, 72], [132, 71], [162, 70], [193, 66], [193, 66], [184, 92], [168, 124],
      [153, 160], [142, 196], [136, 229],
    ]],
  },
  {
    digit: 2,
    strokes: [[
      [93, 97], [101, 71], [127, 56], [158, 61], [176, 84], [172, 114], [152, 145], [125, 177],
      [92, 212], [92, 212], [118, 208], [152, 211], [194, 214],
    ]],
  },
  {
    digit: 8,
    strokes: [[
      [171, 82], [150, 60], [120, 63], [105, 88], [119, 114], [150, 136], [174, 165], [171, 200],
      [144, 224], [111, 217], [98, 188], [112, 158], [141, 131], [167, 108], [174, 84],
    ]],
  },
  {
    digit: 4,
    strokes: [
      [[113, 62], [106, 92], [92, 122], [79, 151], [79, 151], [112, 153], [154, 150], [201, 147]],
      [[168, 84], [164, 122], [160, 164], [155, 204], [151, 232]],
    ],
  },
];

/**
 * Return a stroke with five points between each two, on a Catmull-Rom curve through all of them.
 * @param {Stroke} points
 * @returns {Stroke}
 */
function densify(points) {
  const dense = [];
  const at = (i) => points[Math.max(0, Math.min(points.length - 1, i))];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let step = 0; step < 6; step++) {
      const t = step / 6;
      dense.push([0, 1].map((axis) => 0.5 * (2 * b[axis] + (c[axis] - a[axis]) * t
        + (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t * t
        + (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t * t * t)));
    }
  }
  dense.push(points[points.length - 1].slice());
  return dense;
}

/**
 * Return sample `index` (counted round and round) as strokes that a drawing can hold.
 * @param {number} index
 * @returns {Stroke[]}
 */
function sampleStrokes(index) {
  return SAMPLES[index % SAMPLES.length].strokes.map(densify);
}
