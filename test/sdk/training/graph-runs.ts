import { InferenceSession, Tensor } from 'onnxruntime-node';
import { nextName, stepInput } from '../../../sdk/training/graphs/optimizer.ts';
import { buildStepModel, gradientName, names, stateTensors, type StepSpec } from '../../../sdk/training/graphs/step.ts';
import { networkOutputs, networkParameters } from '../../../sdk/training/network.ts';

export type Values = ReadonlyMap<string, readonly number[]>;
export type Batch = {
  readonly rows: number;
  readonly features: readonly number[];
  readonly targets: readonly number[];
};
export type GraphStep = (
  state: Values,
  batch: Batch,
  options?: { readonly learningRate?: number; readonly step?: number },
) => Promise<{
  readonly loss: number;
  readonly gradients: Values;
  readonly next: Values;
  readonly norm: number | null;
}>;

/** Opens the step graph in single or double precision, with its gradients as outputs. */
export async function openGraph(
  spec: StepSpec,
  real: 'float32' | 'float64',
): Promise<{ readonly run: GraphStep; readonly release: () => Promise<void> }> {
  const session = await InferenceSession.create(buildStepModel(spec, { exposeGradients: true, real }), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const tensor = (values: readonly number[], shape: readonly number[]) =>
    real === 'float32'
      ? new Tensor('float32', Float32Array.from(values), shape)
      : new Tensor('float64', Float64Array.from(values), shape);
  const run: GraphStep = async (state, { rows, features, targets }, { learningRate = 0.1, step = 1 } = {}) => {
    const feeds: Record<string, Tensor> = {
      [names.features]: tensor(features, [rows, spec.network.inputs]),
      [names.targets]: tensor(targets, [rows, networkOutputs(spec.network)]),
      [names.learningRate]: tensor([learningRate], []),
      [names.inverseRows]: tensor([1 / rows], []),
    };
    if (spec.optimizer.kind === 'adamw') feeds[stepInput] = new Tensor('float64', Float64Array.of(step), []);
    for (const { name, shape } of stateTensors(spec)) feeds[name] = tensor(state.get(name) ?? [], shape);
    const result = await session.run(feeds);
    const read = (name: string): readonly number[] => Array.from(result[name]?.data as Float32Array);
    return {
      loss: read(names.loss)[0] ?? Number.NaN,
      gradients: new Map(networkParameters(spec.network).map(({ name }) => [name, read(gradientName(name))])),
      next: new Map(stateTensors(spec).map(({ name }) => [name, read(nextName(name))])),
      norm: result[names.gradientNorm] === undefined ? null : (read(names.gradientNorm)[0] ?? Number.NaN),
    };
  };
  return { run, release: () => session.release() };
}

export function largestDifference(one: Values, other: Values): number {
  return Math.max(
    ...[...one].flatMap(([name, values]) =>
      values.map((value, index) => Math.abs(value - (other.get(name)?.[index] ?? Number.NaN))),
    ),
  );
}
