import type { ModelSignature } from '@artenic/core';
import { toHalf } from '../tensors/half.ts';
import {
  countOf,
  joinRows,
  makeNumbers,
  rowsOf,
  splitRows,
  type NamedTensor,
  type TensorSignature,
} from '../tensors/tensors.ts';

type Run = (tensors: readonly NamedTensor[]) => Promise<readonly NamedTensor[]>;

const maxValues = 10_000_000;
const probes = [0, 0.25, -0.5, 1] as const;
const tolerance = 1e-4;

/** One row in which every value is `seed`, converted to its type; reals vary along the row. */
export function probeRow(inputs: readonly TensorSignature[], seed: number): readonly NamedTensor[] | null {
  const tensors: NamedTensor[] = [];
  for (const { name, type, shape } of inputs) {
    const dims = (shape ?? ['?']).map((dim) => (typeof dim === 'string' ? 1 : dim));
    const count = countOf(dims);
    if (count > maxValues) return null;
    tensors.push({ name, type, dims, data: probeData(type, count, seed) });
  }
  return tensors;
}

/** Integers may be indexes into a table: index 0 always exists, 1 almost always. */
function probeData(type: string, count: number, seed: number): NamedTensor['data'] {
  const whole = seed < 0 || seed === 1 ? 1 : 0;
  if (type === 'string') return Array.from({ length: count }, () => (whole === 1 ? 'a' : ''));
  const data = makeNumbers(type, count);
  const real = (index: number) => seed * (1 + (index % 7) / 7);
  if (type === 'float32' || type === 'float64')
    (data as Float32Array).forEach((_, index, all) => (all[index] = real(index)));
  else if (type === 'float16') (data as Uint16Array).forEach((_, index, all) => (all[index] = toHalf(real(index))));
  else if (type === 'int64' || type === 'uint64') (data as BigInt64Array).fill(BigInt(whole));
  else (data as Int32Array).fill(whole);
  return data;
}

function isClose(a: NamedTensor, b: NamedTensor): boolean {
  if (a.data.length !== b.data.length) return false;
  for (let index = 0; index < a.data.length; index++) {
    const [one, other] = [a.data[index], b.data[index]];
    if (Object.is(one, other)) continue;
    if (typeof one !== 'number' || typeof other !== 'number') return false;
    if (!(Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one), Math.abs(other)))) return false;
  }
  return true;
}

function areClose(some: readonly NamedTensor[], others: readonly NamedTensor[]): boolean {
  return (
    some.length === others.length &&
    some.every((one, index) => {
      const other = others[index];
      return other !== undefined && isClose(one, other);
    })
  );
}

/** The model's outputs; null when it fails, because made-up values may be invalid. */
async function answerOrNull(run: Run, tensors: readonly NamedTensor[]): Promise<readonly NamedTensor[] | null> {
  try {
    return await run(tensors);
  } catch {
    return null;
  }
}

/**
 * True when rows in a batch get the same answers as alone. Some models mix their rows (for example, by a normalization
 * over the batch); such rows never share a run. Tested with differing rows that the model answers; a model that answers
 * fewer than two such rows counts as one that mixes them.
 */
export async function hasOwnRows({ inputs }: ModelSignature, run: Run): Promise<boolean> {
  const answered: { readonly row: readonly NamedTensor[]; readonly alone: readonly NamedTensor[] }[] = [];
  for (const seed of probes) {
    const row = probeRow(inputs, seed);
    if (row === null || rowsOf(row) !== 1) return false;
    const alone = await answerOrNull(run, row);
    if (alone !== null) answered.push({ row, alone });
  }
  const [first] = answered;
  if (first === undefined || answered.every(({ row }) => areClose(row, first.row))) return false;
  const outputs = await answerOrNull(run, joinRows(answered.map(({ row }) => row)));
  const counts = answered.map(() => 1);
  const together = outputs === null ? null : splitRows(outputs, counts);
  return together !== null && answered.every(({ alone }, index) => areClose(alone, together[index] ?? []));
}
