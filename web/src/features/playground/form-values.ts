import { integerRanges, type ModelSignature, type PredictRequest } from '@artenic/core';

export type InputSignature = ModelSignature['inputs'][number];
/** Field contents of each input: a text per value, or a single text that lists all values. */
export type FormValues = Readonly<Record<string, readonly string[]>>;
export type FieldErrors = Readonly<Record<string, string>>;

/** Inputs with more values than this are entered as a list. */
const mostCells = 16;

/**
 * How the form asks for an input.
 * - `cells`: a field for each value
 * - `list`: a single text; `count` is null when the signature leaves it open
 */
export type FieldLayout =
  | { readonly kind: 'cells'; readonly count: number }
  | { readonly kind: 'list'; readonly count: number | null };

/** An open first dimension is the number of rows; the form sends a single row. */
export function layoutOf({ shape }: InputSignature): FieldLayout {
  if (shape === null) return { kind: 'list', count: null };
  const rowed = shape.map((dim, index) => (index === 0 && typeof dim === 'string' ? 1 : dim));
  if (rowed.some((dim) => typeof dim === 'string')) return { kind: 'list', count: null };
  const count = rowed.reduce<number>((product, dim) => product * Number(dim), 1);
  return count >= 1 && count <= mostCells ? { kind: 'cells', count } : { kind: 'list', count };
}

export function emptyValues(signature: ModelSignature): FormValues {
  return Object.fromEntries(
    signature.inputs.map((input) => {
      const layout = layoutOf(input);
      return [
        input.name,
        Array.from({ length: layout.kind === 'cells' ? layout.count : 1 }, () =>
          input.type === 'bool' ? 'false' : '',
        ),
      ];
    }),
  );
}

type Scalar = string | number | boolean;
type Parsed = { readonly value: Scalar } | { readonly error: string };

export const isIntegerType = (type: string): boolean => type in integerRanges;

function parseInteger(type: string, text: string): Parsed {
  const [low, high] = integerRanges[type] ?? [0n, 0n];
  if (!/^[+-]?\d{1,20}$/.test(text)) return { error: `${text} is not a whole number` };
  const value = BigInt(text.replace(/^\+/, ''));
  if (value < low || value > high) return { error: `${text} is not between ${low} and ${high}` };
  // A JSON number above 2^53 would be rounded, so the value is sent as text, which the API accepts.
  return { value: Number.isSafeInteger(Number(value)) ? Number(value) : value.toString() };
}

function parseScalar(type: string, text: string): Parsed {
  if (type === 'string') return { value: text };
  const trimmed = text.trim();
  if (trimmed === '') return { error: 'is missing' };
  if (type === 'bool') {
    return trimmed === 'true' || trimmed === 'false'
      ? { value: trimmed === 'true' }
      : { error: `${trimmed} is neither true nor false` };
  }
  if (isIntegerType(type)) return parseInteger(type, trimmed);
  const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(number) ? { value: number } : { error: `${trimmed} is not a number` };
}

/** A pasted list: JSON (nested or flat), or values separated by commas, spaces or line ends. Texts: one per line. */
export function splitList(type: string, text: string): readonly string[] | null {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  if (trimmed.startsWith('[')) {
    try {
      // Long integers are quoted before parsing, because parsing would round them.
      const list: unknown = JSON.parse(trimmed.replace(/(?<=[[,\s])-?\d{16,}(?=[\s,\]])/g, '"$&"'));
      return Array.isArray(list) ? list.flat(Infinity).map(String) : null;
    } catch {
      return null;
    }
  }
  return type === 'string' ? trimmed.split(/\r?\n/) : trimmed.split(/[\s,;]+/).filter((part) => part !== '');
}

/** Why this number of values does not fit the signature; null when the values fill one row. */
function countError({ shape }: InputSignature, count: number): string | null {
  if (shape === null) return null;
  const rowed = shape.map((dim, index) => (index === 0 && typeof dim === 'string' ? 1 : dim));
  const known = rowed.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const open = rowed.filter((dim) => typeof dim === 'string').length;
  if (open === 0) return count === known ? null : `has ${count} of ${known} values`;
  if (open > 1) return 'has more than one open dimension, which one row cannot fill';
  return count > 0 && count % known === 0 ? null : `has ${count} values, not a multiple of ${known}`;
}

/** Whether the text of a single field is not a valid value of its input. */
export function isWrongCell({ type }: InputSignature, text: string): boolean {
  return 'error' in parseScalar(type, text);
}

type InputValue = PredictRequest['inputs'][string];

function readInput(
  input: InputSignature,
  texts: readonly string[],
): { readonly value: InputValue } | { readonly error: string } {
  const layout = layoutOf(input);
  const parts = layout.kind === 'cells' ? texts : splitList(input.type, texts[0] ?? '');
  if (parts === null) return { error: 'is not a list: write values between commas, or a JSON list' };
  if (parts.length === 0) return { error: 'is missing' };
  const values: Scalar[] = [];
  for (const [index, part] of parts.entries()) {
    const parsed = parseScalar(input.type, part);
    if ('error' in parsed) return { error: parts.length === 1 ? parsed.error : `value ${index + 1}: ${parsed.error}` };
    values.push(parsed.value);
  }
  const wrong = countError(input, values.length);
  if (wrong !== null) return { error: wrong };
  const [only] = values;
  return {
    value: values.length === 1 && only !== undefined && input.shape !== null && input.shape.length <= 1 ? only : values,
  };
}

/** The request's inputs as far as they are valid, and the errors by input. */
export function readValues(
  signature: ModelSignature,
  values: FormValues,
): { readonly inputs: PredictRequest['inputs']; readonly errors: FieldErrors } {
  const inputs: Record<string, InputValue> = {};
  const errors: Record<string, string> = {};
  for (const input of signature.inputs) {
    const read = readInput(input, values[input.name] ?? []);
    if ('error' in read) errors[input.name] = read.error;
    else inputs[input.name] = read.value;
  }
  return { inputs, errors };
}

/** Fills the form from a request's inputs, as far as they fit the signature. */
export function valuesOfInputs(signature: ModelSignature, inputs: unknown): FormValues {
  const given =
    typeof inputs === 'object' && inputs !== null ? new Map<string, unknown>(Object.entries(inputs)) : new Map();
  const empty = emptyValues(signature);
  return Object.fromEntries(
    signature.inputs.map((input) => {
      const value: unknown = given.get(input.name);
      const before = empty[input.name] ?? [];
      if (value === undefined) return [input.name, before];
      const flat = (Array.isArray(value) ? value.flat(Infinity) : [value]).map(String);
      if (layoutOf(input).kind === 'cells') return [input.name, before.map((text, index) => flat[index] ?? text)];
      return [input.name, [input.type === 'string' ? JSON.stringify(flat) : flat.join(', ')]];
    }),
  );
}

/** The API's errors, grouped by input. */
export function errorsByInput(errors: readonly { readonly pointer: string; readonly message: string }[]): FieldErrors {
  const byInput: Record<string, string> = {};
  for (const { pointer, message } of errors) {
    const name = /^\/inputs\/([^/]+)/.exec(pointer)?.[1];
    if (name !== undefined) byInput[name.replaceAll('~1', '/').replaceAll('~0', '~')] = message;
  }
  return byInput;
}
