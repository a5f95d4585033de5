import { integerRanges, ownValue } from '@artenic/core';
import { ArtenicError, type InputError } from '../../core/errors.ts';
import { toHalf } from './half.ts';
import { makeNumbers, type NamedTensor, type TensorData, type TensorSignature } from './tensors.ts';

/**
 * A number, string, boolean, null or a row-major list of them per named input; checked against the model's signature.
 */
export type Inputs = Readonly<Record<string, unknown>>;

const realTypes: ReadonlySet<string> = new Set(['float16', 'float32', 'float64']);
const bigTypes: ReadonlySet<string> = new Set(['int64', 'uint64']);

/** Makes the tensors of one row. @throws ArtenicError `validation-failed` with one entry per wrong input */
export function encodeRow(signature: readonly TensorSignature[], inputs: Inputs): readonly NamedTensor[] {
  const errors: InputError[] = [];
  for (const name of Object.keys(inputs)) {
    if (!signature.some((input) => input.name === name)) {
      const known = signature.map((input) => input.name).join(', ');
      errors.push({ pointer: pointerOf(name), message: `the model has no such input; it has ${known}` });
    }
  }
  const tensors: NamedTensor[] = [];
  for (const input of signature) {
    const value = Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined;
    const result = value === undefined ? `is missing; ${describe(input)}` : encodeInput(input, value);
    if (typeof result === 'string') errors.push({ pointer: pointerOf(input.name), message: result });
    else tensors.push(result);
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
  return shape === null ? `it is ${type} of any shape` : `it is ${type} of shape [${shape.join(', ')}]`;
}

function encodeInput(input: TensorSignature, value: unknown): NamedTensor | string {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const asGiven = Array.isArray(value) ? [value.length] : [];
  const dims = input.shape === null ? asGiven : resolveShape(input.shape, given.length);
  if (dims === null) return `has ${given.length} values, which do not fill one row; ${describe(input)}`;
  const data = encodeValues(input.type, given);
  if (typeof data === 'string') return data;
  return { name: input.name, type: input.type, dims, data };
}

/**
 * An open first dimension is the number of rows, so 1. One more open dimension is derived from the number of values.
 */
function resolveShape(shape: readonly (number | string)[], count: number): readonly number[] | null {
  const rowed = shape.map((dim, index) => (index === 0 && typeof dim === 'string' ? 1 : dim));
  const known = rowed.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const open = rowed.filter((dim) => typeof dim === 'string').length;
  if (open === 0) return known === count ? rowed.map(Number) : null;
  if (open > 1 || known === 0 || count % known !== 0) return null;
  return rowed.map((dim) => (typeof dim === 'string' ? count / known : dim));
}

/** The values in their type's storage form; an error message when one of them is not of that type. */
export function encodeValues(type: string, values: readonly unknown[]): TensorData | string {
  const wrong =
    type === 'string'
      ? values.findIndex((value) => !isText(value))
      : type === 'bool'
        ? values.findIndex((value) => typeof value !== 'boolean')
        : -1;
  if (wrong !== -1) return complaint(type, values, wrong);
  if (type === 'string') return values as readonly string[];
  if (type === 'bool') return Uint8Array.from(values, (value) => (value === true ? 1 : 0));
  return realTypes.has(type) ? encodeReals(type, values) : encodeIntegers(type, values);
}

/** onnxruntime cuts a text at its first NUL and replaces lone surrogates. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

function complaint(type: string, values: readonly unknown[], index: number): string {
  const place = values.length > 1 ? `value ${index} ` : '';
  const value = values[index];
  const isRounded = bigTypes.has(type) && typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  if (typeof value === 'string' && type === 'string')
    return `${place}${JSON.stringify(value).slice(0, 100)} holds a NUL character or half of a surrogate pair`;
  if (isRounded) return `${place}is past 2^53, where a JSON number is rounded: send it as text, with all its digits`;
  return `${place}${JSON.stringify(value)?.slice(0, 100)} is not ${nameOfType(type)}`;
}

function nameOfType(type: string): string {
  if (type === 'string') return 'text';
  if (type === 'bool') return 'true or false';
  const range = ownValue(integerRanges, type);
  return range === undefined ? 'a number' : `a whole number from ${range[0]} to ${range[1]}`;
}

const notFinite: ReadonlyMap<unknown, number> = new Map([
  [null, Number.NaN],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);
const manyDigits = /^-?\d{16,400}$/;

/** Reads the substitutes for numbers that JSON lacks: null for a missing value, and the words used in answers. */
function realOf(value: unknown): number | undefined {
  const isLong = typeof value === 'string' && manyDigits.test(value);
  // An integer past 2^53 may come as its digits.
  return isLong ? Number(value) : notFinite.get(value);
}

function encodeReals(type: string, values: readonly unknown[]): TensorData | string {
  const data = makeNumbers(type, values.length) as Float32Array;
  const isHalf = type === 'float16';
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const real = typeof value === 'number' ? value : realOf(value);
    if (real === undefined) return complaint(type, values, index);
    data[index] = isHalf ? toHalf(real) : real;
  }
  return data;
}

/** Integers past 2^53 do not fit into a JSON number, so text is accepted too. */
function encodeIntegers(type: string, values: readonly unknown[]): TensorData | string {
  const range = ownValue(integerRanges, type);
  const data = makeNumbers(type, values.length);
  if (range === undefined) return `it is ${type}, which JSON values cannot fill`;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const isText = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
    if (!isText && !(typeof value === 'number' && Number.isSafeInteger(value))) return complaint(type, values, index);
    const big = BigInt(value);
    if (big < range[0] || big > range[1]) return complaint(type, values, index);
    if (bigTypes.has(type)) (data as BigInt64Array)[index] = big;
    else (data as Int32Array)[index] = Number(big);
  }
  return data;
}
