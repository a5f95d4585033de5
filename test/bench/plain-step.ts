/**
 * The same training step (dense and ReLU layers, softmax cross-entropy, plain SGD) as loops over typed arrays, as code
 * without a runtime would do it. Baseline of the benchmark.
 */
export type PlainNet = {
  readonly widths: readonly number[];
  readonly weights: readonly Float32Array[];
  readonly biases: readonly Float32Array[];
};

/** @returns the mean loss before the step; weights and biases are changed in place */
export function plainStep(net: PlainNet, x: Float32Array, y: Float32Array, rows: number, learningRate: number): number {
  const activations = [x];
  for (const [k, weight] of net.weights.entries()) {
    const isLast = k === net.weights.length - 1;
    const [inputs = 0, outputs = 0] = net.widths.slice(k, k + 2);
    activations.push(dense(activations[k] ?? x, weight, net.biases[k] ?? x, { rows, inputs, outputs, relu: !isLast }));
  }
  const classes = net.widths.at(-1) ?? 0;
  const { loss, gradient } = softmaxLoss(activations.at(-1) ?? x, y, rows, classes);
  let d = gradient;
  for (let k = net.weights.length - 1; k >= 0; k--) {
    const [inputs = 0, outputs = 0] = net.widths.slice(k, k + 2);
    const shape = { rows, inputs, outputs };
    const h = activations[k] ?? x;
    const weight = net.weights[k] ?? x;
    const back = k > 0 ? backThrough(d, weight, h, shape) : d;
    update(weight, net.biases[k] ?? x, h, d, { ...shape, learningRate });
    d = back;
  }
  return loss;
}

type DenseShape = { readonly rows: number; readonly inputs: number; readonly outputs: number };

function dense(
  h: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  { rows, inputs, outputs, relu }: DenseShape & { relu: boolean },
): Float32Array {
  const z = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    const start = row * outputs;
    for (let j = 0; j < outputs; j++) z[start + j] = bias[j]!;
    for (let i = 0; i < inputs; i++) {
      const value = h[row * inputs + i]!;
      if (value === 0) continue;
      const from = i * outputs;
      for (let j = 0; j < outputs; j++) z[start + j]! += value * weight[from + j]!;
    }
    if (relu) for (let j = 0; j < outputs; j++) if (z[start + j]! < 0) z[start + j] = 0;
  }
  return z;
}

function softmaxLoss(z: Float32Array, y: Float32Array, rows: number, classes: number) {
  const gradient = new Float32Array(z.length);
  let loss = 0;
  for (let start = 0; start < z.length; start += classes) {
    let highest = -Infinity;
    for (let j = 0; j < classes; j++) highest = Math.max(highest, z[start + j]!);
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += Math.exp(z[start + j]! - highest);
    for (let j = 0; j < classes; j++) {
      const log = z[start + j]! - highest - Math.log(sum);
      loss -= y[start + j]! * log;
      gradient[start + j] = (Math.exp(log) - y[start + j]!) / rows;
    }
  }
  return { loss: loss / rows, gradient };
}

function backThrough(d: Float32Array, weight: Float32Array, h: Float32Array, { rows, inputs, outputs }: DenseShape) {
  const back = new Float32Array(rows * inputs);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inputs; i++) {
      if (h[row * inputs + i]! <= 0) continue;
      let sum = 0;
      for (let j = 0; j < outputs; j++) sum += d[row * outputs + j]! * weight[i * outputs + j]!;
      back[row * inputs + i] = sum;
    }
  }
  return back;
}

function update(
  weight: Float32Array,
  bias: Float32Array,
  h: Float32Array,
  d: Float32Array,
  { rows, inputs, outputs, learningRate }: DenseShape & { learningRate: number },
): void {
  for (let row = 0; row < rows; row++) {
    const start = row * outputs;
    for (let j = 0; j < outputs; j++) bias[j]! -= learningRate * d[start + j]!;
    for (let i = 0; i < inputs; i++) {
      const factor = learningRate * h[row * inputs + i]!;
      if (factor === 0) continue;
      const to = i * outputs;
      for (let j = 0; j < outputs; j++) weight[to + j]! -= factor * d[start + j]!;
    }
  }
}
