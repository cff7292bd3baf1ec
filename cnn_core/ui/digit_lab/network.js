/*
 * A small interpreter of convolutional networks, float32 throughout. The layer list comes from
 * `cnn_core/ui/digit_lab/network.py`, which describes it; all buffers are made once, at `compile`.
 */

/** @typedef {{data: Float32Array, channels: number, height: number, width: number}} Maps */
/** @typedef {{name: string, kind: "maps" | "units", maps: Maps, bounds: ?number[], across: ?number}} Shown */

const newMaps = (channels, height, width) => ({
  data: new Float32Array(channels * height * width), channels, height, width,
});

/** Convolution (cross-correlation) without padding, stride 1. Weights: out, in, row, column. */
function convStep(layer, weights, input) {
  const { kernel } = layer;
  const output = newMaps(layer.out, input.height - kernel + 1, input.width - kernel + 1);
  const weight = weights.subarray(layer.weight, layer.weight + layer.out * layer.in * kernel * kernel);
  const bias = weights.subarray(layer.bias, layer.bias + layer.out);
  const plane = output.height * output.width;
  const run = () => {
    for (let o = 0; o < layer.out; o++) {
      const target = output.data.subarray(o * plane, (o + 1) * plane);
      target.fill(bias[o]);
      for (let c = 0; c < layer.in; c++) {
        for (let k = 0; k < kernel * kernel; k++) {
          const w = weight[(o * layer.in + c) * kernel * kernel + k];
          const shift = Math.floor(k / kernel) * input.width + (k % kernel);
          const source = c * input.height * input.width + shift;
          for (let y = 0; y < output.height; y++) {
            const from = source + y * input.width;
            const to = y * output.width;
            for (let x = 0; x < output.width; x++) target[to + x] += w * input.data[from + x];
          }
        }
      }
    }
  };
  return { output, run };
}

/** Largest of each `size` x `size` window, windows side by side; a rest at the edge is left out. */
function maxPoolStep(layer, input) {
  const { size } = layer;
  const height = Math.floor(input.height / size);
  const width = Math.floor(input.width / size);
  const output = newMaps(input.channels, height, width);
  const run = () => {
    for (let c = 0; c < input.channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let best = -Infinity;
          for (let k = 0; k < size * size; k++) {
            const row = (c * input.height + y * size + Math.floor(k / size)) * input.width;
            best = Math.max(best, input.data[row + x * size + (k % size)]);
          }
          output.data[(c * height + y) * width + x] = best;
        }
      }
    }
  };
  return { output, run };
}

function reluStep(input) {
  const output = newMaps(input.channels, input.height, input.width);
  const run = () => {
    for (let i = 0; i < output.data.length; i++) output.data[i] = Math.max(0, input.data[i]);
  };
  return { output, run };
}

/** Fully connected layer. Weights: out, in. */
function linearStep(layer, weights, input) {
  const output = newMaps(layer.out, 1, 1);
  const run = () => {
    for (let o = 0; o < layer.out; o++) {
      let sum = weights[layer.bias + o];
      const row = layer.weight + o * layer.in;
      for (let i = 0; i < layer.in; i++) sum += weights[row + i] * input.data[i];
      output.data[o] = sum;
    }
  };
  return { output, run };
}

function flattenStep(input) {
  const output = { data: input.data, channels: input.data.length, height: 1, width: 1 };
  return { output, run: () => {} };
}

function makeStep(layer, weights, input) {
  switch (layer.op) {
    case "conv": return convStep(layer, weights, input);
    case "max_pool": return maxPoolStep(layer, input);
    case "relu": return reluStep(input);
    case "flatten": return flattenStep(input);
    case "linear": return linearStep(layer, weights, input);
    case "pad": return padStep(layer, input);
    case "subsample": return subsampleStep(layer, weights, input);
    case "squash": return squashStep(layer, input);
    case "rbf": return rbfStep(layer, weights, input);
    default: throw new Error(`expected a layer of digit_lab/network.py, got ${layer.op}`);
  }
}

/** Return softmax of `logits`, shifted by the largest so that nothing overflows. */
function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(logits, (value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * Make a network ready to run.
 * @param {{layers: object[], mean: number, std: number}} spec
 * @param {Float32Array} weights
 * @returns {{shown: Shown[], read: (form: Uint8Array) => number[], outputs: Maps}} `read` takes 28 x 28 bytes and
 *   returns probabilities; the buffers in `shown` then hold the activations of that picture
 */
function compileNetwork(spec, weights) {
  const input = newMaps(1, FIELD, FIELD);
  const steps = [];
  const shown = [];
  let maps = input;
  for (const layer of spec.layers) {
    const step = makeStep(layer, weights, maps);
    steps.push(step);
    maps = step.output;
    if (layer.show) {
      const kind = maps.height * maps.width === 1 ? "units" : "maps";
      shown.push({ name: layer.show, kind, maps, bounds: layer.bounds, across: layer.across });
    }
  }
  const read = (form) => {
    for (let i = 0; i < form.length; i++) input.data[i] = (form[i] / 255 - spec.mean) / spec.std;
    for (const step of steps) step.run();
    return softmax(maps.data);
  };
  return { shown, read, outputs: maps };
}

/** Return the float32 values (little endian) of a base64 text. */
function decodeWeights(base64) {
  const bytes = decodeBytes(base64);
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
}

/** Return the bytes of a base64 text. */
function decodeBytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
