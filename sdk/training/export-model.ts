import { TrainingError } from './errors.ts';
import { buildForward } from './graphs/forward.ts';
import { networkOutputs } from './network.ts';
import { GraphBuilder, type Value } from './onnx/graph-builder.ts';
import { metadataKeys } from './onnx/model.ts';
import { featureWidth, type Feature } from './tabular.ts';
import type { Trainer } from './trainer.ts';

export type ExportOptions = {
  /** The features the network was trained on, in the order given to `encodeFeatures`. */
  readonly features: readonly Feature[];
  /** Name of each class by its index. Only for classifiers, and required there. */
  readonly labels?: readonly string[];
  /** Undoes a scaling of the targets: value = output · deviation + mean. Regression only. */
  readonly target?: { readonly mean: number; readonly deviation: number };
};

const rows = 'rows';
const outputNames = { label: 'label', probabilities: 'probabilities', value: 'value' } as const;
const inputName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The trained network as a model file that takes raw values and returns answers:
 * - inputs: one per feature, float [rows, 1] or string [rows, 1], under the feature's name;
 * - a classifier returns `label`, string [rows], and `probabilities`, float [rows, classes];
 * - a regression returns `value`, float [rows, outputs].
 * The model contains scaling, categories and labels; labels and features are also in the metadata as JSON.
 * @throws TrainingError `not-finite` when a weight is NaN or infinite
 */
export function exportModel(trainer: Trainer, options: ExportOptions): Uint8Array {
  const { network, loss } = trainer.spec;
  checkExport(trainer, options);
  const graph = new GraphBuilder();
  const features = buildFeatures(graph, options.features);
  for (const { name, shape, values } of trainer.parameters()) graph.reals(name, shape, values);
  const { outputs } = buildForward(graph, network, features);
  const width = networkOutputs(network);
  const isClassifier = loss === 'softmax-cross-entropy';
  if (isClassifier) {
    buildAnswer(graph, outputs, options.labels ?? []);
  } else {
    graph.output(outputNames.value, buildValue(graph, outputs, options.target), [rows, width]);
  }
  return graph.encode('artenic-model', {
    [metadataKeys.task]: JSON.stringify(isClassifier ? 'classification' : 'regression'),
    [metadataKeys.features]: JSON.stringify(options.features),
    ...(options.labels === undefined ? {} : { [metadataKeys.labels]: JSON.stringify(options.labels) }),
  });
}

/** Encodes raw values as `encodeFeatures` does. */
function buildFeatures(graph: GraphBuilder, features: readonly Feature[]): Value {
  const numeric = features.filter((one) => one.kind === 'numeric');
  const parts: Value[] = [];
  // Inputs are declared in the features' own order.
  for (const { name, kind } of features) graph.input(name, [rows, 1], kind === 'numeric' ? 'float32' : 'string');
  if (numeric.length > 0) {
    const raw = concatenate(
      graph,
      numeric.map(({ name }) => name),
    );
    const size = [numeric.length];
    const centred = graph.node('Sub', [
      raw,
      graph.reals(
        '/mean',
        size,
        numeric.map(({ mean }) => mean),
      ),
    ]);
    const deviations = graph.reals(
      '/deviation',
      size,
      numeric.map(({ deviation }) => deviation),
    );
    parts.push(graph.node('Div', [centred, deviations]));
  }
  for (const one of features) {
    if (one.kind !== 'categorical') continue;
    const { name, categories } = one;
    const encoded = graph.mlNode('OneHotEncoder', [name], { cats_strings: categories, zeros: 1 });
    parts.push(graph.node('Reshape', [encoded, graph.integers(`/shape/${name}`, [-1, categories.length])]));
  }
  return concatenate(graph, parts);
}

function concatenate(graph: GraphBuilder, parts: readonly Value[]): Value {
  return parts.length === 1 ? (parts[0] ?? '') : graph.node('Concat', parts, { attributes: { axis: 1 } });
}

function buildAnswer(graph: GraphBuilder, logits: Value, labels: readonly string[]): void {
  const probabilities = graph.node('Softmax', [logits], { attributes: { axis: 1 }, as: outputNames.probabilities });
  const best = graph.node('ArgMax', [logits], { attributes: { axis: 1, keepdims: 0 } });
  const label = graph.node('Gather', [graph.strings('/labels', labels), best], { as: outputNames.label });
  graph.output(outputNames.label, label, [rows], 'string');
  graph.output(outputNames.probabilities, probabilities, [rows, labels.length]);
}

function buildValue(graph: GraphBuilder, outputs: Value, target: ExportOptions['target']): Value {
  if (target === undefined) return outputs;
  const scaled = graph.node('Mul', [outputs, graph.scalar(target.deviation)]);
  return graph.node('Add', [scaled, graph.scalar(target.mean)]);
}

function checkExport(trainer: Trainer, { features, labels, target }: ExportOptions): void {
  const { network, loss } = trainer.spec;
  const refuse = (message: string) => {
    throw new TrainingError('invalid-configuration', message);
  };
  const names = features.map(({ name }) => name);
  const wrong = names.find((name) => !inputName.test(name) || name in outputNames);
  if (wrong !== undefined)
    refuse(`${wrong} cannot be the name of an input: letters, digits and "_", and no output's name.`);
  if (new Set(names).size < names.length) refuse('Two features have the same name.');
  const width = featureWidth(features);
  if (width !== network.inputs)
    refuse(`The features make ${width} numbers per row; the network takes ${network.inputs}.`);
  if (loss === 'softmax-cross-entropy') {
    if (labels === undefined || labels.length !== networkOutputs(network) || new Set(labels).size < labels.length) {
      refuse(`A classifier needs ${networkOutputs(network)} different labels.`);
    }
    if (target !== undefined) refuse('The targets of a classifier are not scaled.');
  } else if (labels !== undefined) {
    refuse('A regression has no labels.');
  }
}
