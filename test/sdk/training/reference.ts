// An independent double-precision training step, written from the published formulas (PyTorch's documentation of
// `torch.optim.SGD`, `torch.optim.AdamW` and `torch.nn.utils.clip_grad_norm_`) with plain loops. It shares no code with
// the graph.
import type { Layer, Loss, Optimizer } from '@artenic/training';
import type { Batch, Values } from './graph-runs.ts';

type Spec = {
  readonly network: { readonly inputs: number; readonly layers: readonly Layer[] };
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly clipNorm?: number;
};

const at = (values: readonly number[] | undefined, index: number): number => {
  const value = values?.[index];
  if (value === undefined) throw new Error(`nothing at ${index}`);
  return value;
};

/** Loss and gradients by a forward and a backward pass over single rows. */
function gradientsOf(spec: Spec, state: Values, batch: Batch): { loss: number; gradients: Map<string, number[]> } {
  const { layers, inputs } = spec.network;
  const gradients = new Map(
    [...state].filter(([name]) => !name.includes('/')).map(([name, values]) => [name, values.map(() => 0)]),
  );
  const outputs = batch.targets.length / batch.rows;
  let loss = 0;
  for (let row = 0; row < batch.rows; row++) {
    const activations: number[][] = [batch.features.slice(row * inputs, (row + 1) * inputs)];
    for (const [index, layer] of layers.entries()) {
      const h = activations.at(-1) ?? [];
      if (layer.kind === 'relu') {
        activations.push(h.map((value) => Math.max(value, 0)));
        continue;
      }
      const weight = state.get(`layer${index}.weight`);
      const bias = state.get(`layer${index}.bias`);
      activations.push(
        Array.from({ length: layer.units }, (_, unit) =>
          h.reduce((sum, value, input) => sum + value * at(weight, input * layer.units + unit), at(bias, unit)),
        ),
      );
    }
    const z = activations.at(-1) ?? [];
    const y = batch.targets.slice(row * outputs, (row + 1) * outputs);
    let d: number[];
    if (spec.loss === 'softmax-cross-entropy') {
      const highest = Math.max(...z);
      const sum = z.reduce((total, value) => total + Math.exp(value - highest), 0);
      loss -= z.reduce((total, value, k) => total + at(y, k) * (value - highest - Math.log(sum)), 0) / batch.rows;
      d = z.map((value, k) => (Math.exp(value - highest) / sum - at(y, k)) / batch.rows);
    } else {
      loss += z.reduce((total, value, k) => total + (value - at(y, k)) ** 2, 0) / (batch.rows * outputs);
      d = z.map((value, k) => (2 * (value - at(y, k))) / (batch.rows * outputs));
    }
    for (const [index, layer] of [...layers.entries()].toReversed()) {
      const h = activations[index] ?? [];
      if (layer.kind === 'relu') {
        d = d.map((value, k) => (at(h, k) > 0 ? value : 0));
        continue;
      }
      const weight = state.get(`layer${index}.weight`);
      const dWeight = gradients.get(`layer${index}.weight`) ?? [];
      const dBias = gradients.get(`layer${index}.bias`) ?? [];
      for (let unit = 0; unit < layer.units; unit++) {
        dBias[unit] = at(dBias, unit) + at(d, unit);
        for (let input = 0; input < h.length; input++) {
          const place = input * layer.units + unit;
          dWeight[place] = at(dWeight, place) + at(h, input) * at(d, unit);
        }
      }
      d = h.map((_, input) => d.reduce((sum, value, unit) => sum + value * at(weight, input * layer.units + unit), 0));
    }
  }
  return { loss, gradients };
}

export function referenceStep(
  spec: Spec,
  state: Values,
  batch: Batch,
  step: number,
): { readonly loss: number; readonly norm: number; readonly next: Values } {
  const { loss, gradients } = gradientsOf(spec, state, batch);
  const norm = Math.sqrt([...gradients.values()].flat().reduce((sum, value) => sum + value * value, 0));
  const factor = spec.clipNorm === undefined ? 1 : Math.min(1, spec.clipNorm / (norm + 1e-6));
  const next = new Map<string, readonly number[]>();
  for (const [name, raw] of gradients) {
    const g = raw.map((value) => value * factor);
    const w = state.get(name);
    const { optimizer } = spec;
    if (optimizer.kind === 'sgd') {
      const momentum = optimizer.momentum ?? 0;
      const buffer = g.map((value, k) =>
        momentum === 0 ? value : momentum * at(state.get(`${name}/momentum`), k) + value,
      );
      if (momentum > 0) next.set(`${name}/momentum`, buffer);
      next.set(
        name,
        buffer.map((value, k) => at(w, k) - optimizer.learningRate * value),
      );
    } else {
      const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = optimizer;
      const m = g.map((value, k) => beta1 * at(state.get(`${name}/mean`), k) + (1 - beta1) * value);
      const v = g.map((value, k) => beta2 * at(state.get(`${name}/square`), k) + (1 - beta2) * value * value);
      next.set(`${name}/mean`, m);
      next.set(`${name}/square`, v);
      next.set(
        name,
        m.map((value, k) => {
          const decayed = at(w, k) - learningRate * weightDecay * at(w, k);
          const meanHat = value / (1 - beta1 ** step);
          const squareHat = at(v, k) / (1 - beta2 ** step);
          return decayed - (learningRate * meanHat) / (Math.sqrt(squareHat) + epsilon);
        }),
      );
    }
  }
  return { loss, norm, next };
}
