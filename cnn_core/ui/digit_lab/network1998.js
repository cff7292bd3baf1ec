/*
 * The layers that only the network of 1998 has (LeCun, Bottou, Bengio, Haffner 1998, section II.B).
 * `cnn_core.models.lenet1998_layers` does the same in torch.
 */

/** A border of `by` pixels of one value around each map. */
function padStep(layer, input) {
  const { by, value } = layer;
  const output = newMaps(input.channels, input.height + 2 * by, input.width + 2 * by);
  output.data.fill(value);
  const run = () => {
    for (let row = 0; row < input.channels * input.height; row++) {
      const channel = Math.floor(row / input.height);
      const y = channel * output.height + by + (row % input.height);
      const from = row * input.width;
      output.data.set(input.data.subarray(from, from + input.width), y * output.width + by);
    }
  };
  return { output, run };
}

/** Sum of each `size` x `size` window, times the map's coefficient, plus its bias. */
function subsampleStep(layer, weights, input) {
  const { size } = layer;
  const height = Math.floor(input.height / size);
  const width = Math.floor(input.width / size);
  const output = newMaps(input.channels, height, width);
  const run = () => {
    for (let c = 0; c < input.channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let sum = 0;
          for (let k = 0; k < size * size; k++) {
            const row = (c * input.height + y * size + Math.floor(k / size)) * input.width;
            sum += input.data[row + x * size + (k % size)];
          }
          output.data[(c * height + y) * width + x] =
            weights[layer.weight + c] * sum + weights[layer.bias + c];
        }
      }
    }
  };
  return { output, run };
}

/** f(a) = A tanh(S a), Eq. (6). */
function squashStep(layer, input) {
  const { amplitude, slope } = layer;
  const output = newMaps(input.channels, input.height, input.width);
  const run = () => {
    for (let i = 0; i < output.data.length; i++) {
      output.data[i] = amplitude * Math.tanh(slope * input.data[i]);
    }
  };
  return { output, run };
}

/** Minus the squared distance from each class's code, Eq. (7). Weights: out, in. */
function rbfStep(layer, weights, input) {
  const output = newMaps(layer.out, 1, 1);
  const run = () => {
    for (let o = 0; o < layer.out; o++) {
      const row = layer.weight + o * layer.in;
      let sum = 0;
      for (let i = 0; i < layer.in; i++) sum += (input.data[i] - weights[row + i]) ** 2;
      output.data[o] = -sum;
    }
  };
  return { output, run };
}
