import { TrainingError } from '../errors.ts';
import { dataTypes, modelProto, type GraphProto, type ModelProto, type TensorProto } from './schema.ts';

/** Shape of a tensor; a string is a symbolic dimension. */
export type Shape = readonly (number | string)[];

/** A constant of a graph. Numbers are row-major. */
export type Initializer = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | BigInt64Array | readonly string[];
};

export function encodeModel(model: ModelProto): Uint8Array {
  return modelProto.encode(modelProto.fromObject(model)).finish();
}

/** Reads a model file without running it. @throws TrainingError `model-unreadable` */
export function decodeModel(bytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = modelProto.toObject(modelProto.decode(bytes), { longs: Number, arrays: true }) as ModelProto;
  } catch (cause) {
    throw new TrainingError('model-unreadable', 'The file is not an ONNX model, or it is cut short.', { cause });
  }
  if (typeof model.irVersion !== 'number' || model.graph === undefined || model.opsetImport.length === 0) {
    throw new TrainingError(
      'model-unreadable',
      'The file is not an ONNX model: version, graph or operator set is missing.',
    );
  }
  return model;
}

/** `metadata_props` of a model, for example `artenic.labels`. */
export function modelMetadata(model: ModelProto): Readonly<Record<string, string>> {
  return Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
}

/** The class labels that `exportModel` wrote, or null when there are none. */
export function modelLabels(model: ModelProto): readonly string[] | null {
  const text = modelMetadata(model)[metadataKeys.labels];
  if (text === undefined) return null;
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch (cause) {
    throw new TrainingError('model-unreadable', `The metadata ${metadataKeys.labels} is not JSON.`, { cause });
  }
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) {
    throw new TrainingError('model-unreadable', `The metadata ${metadataKeys.labels} is not a list of strings.`);
  }
  return labels;
}

/** Keys in `metadata_props` that `exportModel` writes; the values are JSON. */
export const metadataKeys = { labels: 'artenic.labels', features: 'artenic.features', task: 'artenic.task' } as const;

/** The constants of the main graph. Types other than float, double, int64 and string are refused. */
export function modelInitializers(model: ModelProto): readonly Initializer[] {
  return model.graph.initializer.map(readTensor);
}

/** True when any tensor, including those in subgraphs, keeps its values in another file. */
export function usesExternalData(model: ModelProto): boolean {
  return graphTensors(model.graph).some(
    (tensor) => tensor.dataLocation === 1 || (tensor.externalData ?? []).length > 0,
  );
}

function graphTensors(graph: GraphProto): readonly TensorProto[] {
  const attributes = graph.node.flatMap((node) => node.attribute);
  return [
    ...graph.initializer,
    ...attributes.flatMap(({ t, tensors }) => [...(t === undefined ? [] : [t]), ...(tensors ?? [])]),
    ...attributes
      .flatMap(({ g, graphs }) => [...(g === undefined ? [] : [g]), ...(graphs ?? [])])
      .flatMap(graphTensors),
  ];
}

const elementBytes: Readonly<Record<number, number>> = {
  [dataTypes.float32]: 4,
  [dataTypes.float64]: 8,
  [dataTypes.int64]: 8,
};

function readTensor(tensor: TensorProto): Initializer {
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  const { rawData, dataType, name } = tensor;
  const inRaw = rawData !== undefined && rawData.length > 0;
  if (inRaw && rawData.length !== size * (elementBytes[dataType] ?? 0)) {
    throw new TrainingError('model-unreadable', `The tensor ${name} has ${rawData.length} bytes for ${size} values.`);
  }
  // Copied, because the typed arrays need an aligned start.
  const values = readValues(tensor, inRaw ? new Uint8Array(rawData).buffer : null);
  if (values.length !== size) {
    throw new TrainingError('model-unreadable', `The tensor ${name} has ${values.length} values, not ${size}.`);
  }
  return { name, shape: tensor.dims, values };
}

function readValues(tensor: TensorProto, raw: ArrayBuffer | null): Initializer['values'] {
  switch (tensor.dataType) {
    case dataTypes.float32:
      return raw === null ? Float32Array.from(tensor.floatData ?? []) : new Float32Array(raw);
    case dataTypes.float64:
      return raw === null ? Float64Array.from(tensor.doubleData ?? []) : new Float64Array(raw);
    case dataTypes.int64:
      return raw === null ? BigInt64Array.from(tensor.int64Data ?? [], BigInt) : new BigInt64Array(raw);
    case dataTypes.string:
      return (tensor.stringData ?? []).map((bytes) => new TextDecoder().decode(bytes));
    default:
      throw new TrainingError('model-unreadable', `The tensor ${tensor.name} has element type ${tensor.dataType}.`);
  }
}
