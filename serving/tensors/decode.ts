import type { ModelSignature } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { fromHalf } from './half.ts';
import type { NamedTensor } from './tensors.ts';

type Json = string | number | boolean | readonly Json[];
/** Outputs of one row as JSON, and the class with the highest probability. */
export type Prediction = { readonly outputs: Readonly<Record<string, Json>>; readonly label: string | null };

/** Writing more values would block other requests too long. */
const maxValues = 1_000_000;
const maxCharacters = 16_000_000;

export function valuesOf(tensors: readonly NamedTensor[]): number {
  return tensors.reduce((sum, { data }) => sum + data.length, 0);
}

/** @throws ArtenicError `payload-too-large` when the outputs are too large for JSON */
export function refuseLongAnswer(tensors: readonly NamedTensor[]): void {
  const values = valuesOf(tensors);
  let characters = 0;
  for (const { type, data } of tensors)
    if (type === 'string') for (const text of data as readonly string[]) characters += text.length;
  const tooMuch =
    values > maxValues
      ? `${values} values; at most ${maxValues}`
      : characters > maxCharacters
        ? `${characters} characters of text; at most ${maxCharacters}`
        : null;
  if (tooMuch !== null)
    throw new ArtenicError('payload-too-large', `The model answers with ${tooMuch} are sent as JSON.`);
}

/** Outputs of one row: nested lists without the row dimension. NaN and infinities become text. */
export function decodeRow(signature: ModelSignature, tensors: readonly NamedTensor[]): Prediction {
  refuseLongAnswer(tensors);
  const outputs: Record<string, Json> = {};
  for (const { name, shape } of signature.outputs) {
    const tensor = tensors.find((one) => one.name === name);
    if (tensor === undefined) continue;
    const isRow = tensor.dims[0] === 1 && shape !== null && (typeof shape[0] === 'string' || shape[0] === 1);
    const value = nest(jsonValues(tensor), isRow ? tensor.dims.slice(1) : tensor.dims);
    Object.defineProperty(outputs, name, { value, enumerable: true });
  }
  return { outputs, label: labelOf(signature, outputs) };
}

/** The values in a form that JSON can hold: integers past 2^53, NaN and infinities as text. */
export function jsonValues({ type, data }: NamedTensor): readonly Json[] {
  if (type === 'float16') return Array.from(data as Uint16Array, (bits) => finite(fromHalf(bits)));
  if (type === 'bool') return Array.from(data as Uint8Array, (bit) => bit === 1);
  if (type === 'int64' || type === 'uint64') return Array.from(data as BigInt64Array, bigValue);
  if (type === 'string') return data as readonly string[];
  return Array.from(data as Float32Array, finite);
}

function bigValue(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function finite(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
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
