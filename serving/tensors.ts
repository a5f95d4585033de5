import type { ModelSignature } from '@artenic/core';
import { ArtenicError, type InputError } from '../core/errors.ts';

/** A number, string, boolean or a row-major list of them per named input; checked against the model's signature. */
export type Inputs = Readonly<Record<string, unknown>>;
type TensorSignature = ModelSignature['inputs'][number];
type Json = string | number | boolean | readonly Json[];

/** What a tensor is made of; `type` is onnxruntime's name. */
export type TensorParts = {
  readonly type: string;
  readonly values: readonly (number | bigint | string | boolean)[];
  readonly dims: readonly number[];
};
export type Prediction = { readonly outputs: Readonly<Record<string, Json>>; readonly label: string | null };

const maxValues = 1_000_000;
const integerRanges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const realTypes: ReadonlySet<string> = new Set(['float16', 'float32', 'float64']);
const bigTypes: ReadonlySet<string> = new Set(['int64', 'uint64']);

export function isFeedable(type: string): boolean {
  return type === 'string' || type === 'bool' || realTypes.has(type) || type in integerRanges;
}

/** Makes the tensors of one row. @throws ArtenicError `validation-failed` with one entry per wrong input */
export function encodeRow(signature: readonly TensorSignature[], inputs: Inputs): ReadonlyMap<string, TensorParts> {
  const errors: InputError[] = [];
  const known = new Set(signature.map(({ name }) => name));
  for (const name of Object.keys(inputs)) {
    if (!known.has(name)) {
      errors.push({
        pointer: pointerOf(name),
        message: `the model has no such input; it has ${[...known].join(', ')}`,
      });
    }
  }
  const tensors = new Map<string, TensorParts>();
  for (const input of signature) {
    const value = Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined;
    const result = value === undefined ? `is missing; ${describe(input)}` : encodeInput(input, value);
    if (typeof result === 'string') errors.push({ pointer: pointerOf(input.name), message: result });
    else tensors.set(input.name, result);
  }
  if (errors.length > 0) {
    const sentences = errors.map(({ pointer, message }) => `${pointer}: ${message}`);
    throw new ArtenicError('validation-failed', sentences.join('; '), { errors });
  }
  return tensors;
}

function pointerOf(name: string): string {
  return `/inputs/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function describe({ type, shape }: TensorSignature): string {
  return `it is ${type} of shape [${shape.join(', ')}]`;
}

function encodeInput(input: TensorSignature, value: unknown): TensorParts | string {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const dims = resolveShape(input.shape, given.length);
  if (dims === null) return `has ${given.length} values, which do not fill one row; ${describe(input)}`;
  const values: (number | bigint | string | boolean)[] = [];
  for (const [index, one] of given.entries()) {
    const converted = convert(input.type, one);
    if (converted === null) {
      const place = given.length > 1 ? `value ${index} ` : '';
      return `${place}${JSON.stringify(one)} is not ${nameOfType(input.type)}`;
    }
    values.push(converted);
  }
  return { type: input.type, values, dims };
}

/** An open first dimension is the number of rows, so 1. One more open dimension takes what the number of values leaves. */
function resolveShape(shape: TensorSignature['shape'], count: number): readonly number[] | null {
  const rowed = shape.map((dim, index) => (index === 0 && typeof dim === 'string' ? 1 : dim));
  const known = rowed.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const open = rowed.filter((dim) => typeof dim === 'string').length;
  if (open === 0) return known === count ? rowed.map(Number) : null;
  if (open > 1 || known === 0 || count % known !== 0) return null;
  return rowed.map((dim) => (typeof dim === 'string' ? count / known : dim));
}

function nameOfType(type: string): string {
  if (type === 'string') return 'text';
  if (type === 'bool') return 'true or false';
  const range = integerRanges[type];
  return range === undefined ? 'a number' : `a whole number from ${range[0]} to ${range[1]}`;
}

function convert(type: string, value: unknown): number | bigint | string | boolean | null {
  if (type === 'string') return typeof value === 'string' ? value : null;
  if (type === 'bool') return typeof value === 'boolean' ? value : null;
  if (realTypes.has(type)) return typeof value === 'number' ? value : null;
  return convertInteger(type, value);
}

/** Whole numbers past 2^53 do not fit into a JSON number, so text is taken too. */
function convertInteger(type: string, value: unknown): number | bigint | null {
  const range = integerRanges[type];
  const isText = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value);
  if (range === undefined || !(isText || isNumber)) return null;
  const big = BigInt(value);
  if (big < range[0] || big > range[1]) return null;
  return bigTypes.has(type) ? big : Number(big);
}

/** One row of zeros, empty texts and `false`. Null when an input alone would be too large to try. */
export function zeroRow(signature: readonly TensorSignature[]): ReadonlyMap<string, TensorParts> | null {
  const tensors = new Map<string, TensorParts>();
  for (const { name, type, shape } of signature) {
    const dims = shape.map((dim) => (typeof dim === 'string' ? 1 : dim));
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (count > 10 * maxValues) return null;
    const zero = type === 'string' ? '' : type === 'bool' ? false : bigTypes.has(type) ? 0n : 0;
    tensors.set(name, { type, dims, values: Array.from({ length: count }, () => zero) });
  }
  return tensors;
}

/** A tensor as onnxruntime gives it back. */
type OutputTensor = {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint | string | boolean>;
};

/** Outputs of one row as JSON: nested lists without the dimension of rows. NaN and infinities become text. */
export function decodeRow(signature: ModelSignature, tensors: ReadonlyMap<string, OutputTensor>): Prediction {
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  if (total > maxValues) {
    throw new ArtenicError(
      'payload-too-large',
      `The model answers with ${total} values; at most ${maxValues} are sent.`,
    );
  }
  const outputs: Record<string, Json> = {};
  for (const { name, shape } of signature.outputs) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    const isRow = tensor.dims[0] === 1 && (typeof shape[0] === 'string' || shape[0] === 1);
    const values = Array.from(tensor.data, (value) => toJson(tensor.type, value));
    Object.defineProperty(outputs, name, {
      value: nest(values, isRow ? tensor.dims.slice(1) : tensor.dims),
      enumerable: true,
    });
  }
  return { outputs, label: labelOf(signature, outputs) };
}

function toJson(type: string, value: number | bigint | string | boolean): Json {
  if (type === 'bool') return Boolean(value);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function nest(values: readonly Json[], dims: readonly number[]): Json {
  const [first, ...rest] = dims;
  if (first === undefined) return values[0] ?? [];
  if (rest.length === 0) return values;
  const step = rest.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: first }, (_, index) => nest(values.slice(index * step, (index + 1) * step), rest));
}

function labelOf({ labels }: ModelSignature, outputs: Readonly<Record<string, Json>>): string | null {
  const { label, probabilities } = outputs;
  if (typeof label === 'string') return label;
  if (labels === null || !Array.isArray(probabilities)) return null;
  let best = -1;
  let highest = -Infinity;
  for (const [index, value] of probabilities.entries()) {
    if (typeof value === 'number' && value > highest) [best, highest] = [index, value];
  }
  return labels[best] ?? null;
}
