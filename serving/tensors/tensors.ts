import { ownValue, type ModelSignature } from '@artenic/core';

export type TensorSignature = ModelSignature['inputs'][number];
type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;
type BigNumbers = BigInt64Array | BigUint64Array;
/** Row-major. `bool` is a byte of 0 or 1, `float16` its bits, `string` a list. */
export type TensorData = Numbers | BigNumbers | readonly string[];
/** `type` is onnxruntime's name. */
export type NamedTensor = {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: TensorData;
};

const makers: Readonly<Record<string, (length: number) => Exclude<TensorData, readonly string[]>>> = {
  bool: (length) => new Uint8Array(length),
  float16: (length) => new Uint16Array(length),
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int8: (length) => new Int8Array(length),
  uint8: (length) => new Uint8Array(length),
  int16: (length) => new Int16Array(length),
  uint16: (length) => new Uint16Array(length),
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  int64: (length) => new BigInt64Array(length),
  uint64: (length) => new BigUint64Array(length),
};

/** True for types that requests can fill and answers can contain. */
export function isFeedable(type: string): boolean {
  return type === 'string' || Object.hasOwn(makers, type);
}

/** Zeros of a numeric type. */
export function makeNumbers(type: string, length: number): Exclude<TensorData, readonly string[]> {
  const make = ownValue(makers, type);
  if (make === undefined) throw new Error(`${type} is not numeric`);
  return make(length);
}

export function countOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** True when every input and output has an open first dimension: then rows of several requests can run together. */
export function hasOpenRows({ inputs, outputs }: ModelSignature): boolean {
  const isOpen = ({ shape }: TensorSignature) => typeof shape?.[0] === 'string';
  return inputs.length > 0 && inputs.every(isOpen) && outputs.every(isOpen);
}

/** The number of rows that all tensors share; null when they differ. */
export function rowsOf(tensors: readonly NamedTensor[]): number | null {
  const rows = tensors[0]?.dims[0];
  return rows === undefined || tensors.some(({ dims }) => dims[0] !== rows) ? null : rows;
}

/** Equal for tensors that can be stacked. */
export function batchKeyOf(tensors: readonly NamedTensor[]): string {
  return tensors.map(({ name, dims }) => `${name}:${dims.slice(1).join('x')}`).join(';');
}

function concat(parts: readonly NamedTensor[], first: NamedTensor): NamedTensor {
  const rows = parts.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  const dims = [rows, ...first.dims.slice(1)];
  if (first.type === 'string') return { ...first, dims, data: parts.flatMap(({ data }) => data as readonly string[]) };
  const data = makeNumbers(first.type, countOf(dims));
  let at = 0;
  for (const part of parts) {
    // All parts have the same type, which the compiler cannot infer.
    (data as Float32Array).set(part.data as Float32Array, at);
    at += part.data.length;
  }
  return { ...first, dims, data };
}

/** Stacks the rows of requests with the same batch key. */
export function joinRows(requests: readonly (readonly NamedTensor[])[]): readonly NamedTensor[] {
  const [first, ...rest] = requests;
  if (first === undefined || rest.length === 0) return first ?? [];
  return first.map((tensor, index) =>
    concat(
      requests.map((request) => request[index] ?? tensor),
      tensor,
    ),
  );
}

function sliceRows(tensor: NamedTensor, from: number, to: number): NamedTensor {
  const step = countOf(tensor.dims.slice(1));
  const { data } = tensor;
  const part = 'subarray' in data ? data.subarray(from * step, to * step) : data.slice(from * step, to * step);
  return { ...tensor, dims: [to - from, ...tensor.dims.slice(1)], data: part };
}

/** Splits the outputs by request. Null when they do not have as many rows as the inputs. */
export function splitRows(
  outputs: readonly NamedTensor[],
  rowCounts: readonly number[],
): readonly (readonly NamedTensor[])[] | null {
  const total = rowCounts.reduce((sum, rows) => sum + rows, 0);
  if (outputs.some(({ dims }) => dims[0] !== total)) return null;
  let at = 0;
  return rowCounts.map((rows) => {
    const from = at;
    at += rows;
    return outputs.map((tensor) => sliceRows(tensor, from, at));
  });
}
