import type { ModelSignature } from '@artenic/core';
import { toHalf } from './half.ts';
import {
  countOf,
  joinRows,
  makeNumbers,
  rowsOf,
  splitRows,
  type NamedTensor,
  type TensorSignature,
} from './tensors.ts';

type Run = (tensors: readonly NamedTensor[]) => Promise<readonly NamedTensor[]>;

const maxValues = 10_000_000;
const probes = [0, 0.25, -0.5, 1] as const;
const tolerance = 1e-4;

/** One row; every value is `seed` as its type has it, and reals differ along the row. */
export function probeRow(inputs: readonly TensorSignature[], seed: number): readonly NamedTensor[] | null {
  const tensors: NamedTensor[] = [];
  for (const { name, type, shape } of inputs) {
    const dims = shape.map((dim) => (typeof dim === 'string' ? 1 : dim));
    const count = countOf(dims);
    if (count > maxValues) return null;
    tensors.push({ name, type, dims, data: probeData(type, count, seed) });
  }
  return tensors;
}

function probeData(type: string, count: number, seed: number): NamedTensor['data'] {
  if (type === 'string') return Array.from({ length: count }, () => '');
  const data = makeNumbers(type, count);
  const real = (index: number) => seed * (1 + (index % 7) / 7);
  if (type === 'float32' || type === 'float64')
    (data as Float32Array).forEach((_, index, all) => (all[index] = real(index)));
  if (type === 'float16') (data as Uint16Array).forEach((_, index, all) => (all[index] = toHalf(real(index))));
  // whole numbers may be places in a table, and only 0 is surely there
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

/**
 * Whether rows that run together get the answers they get alone: some models look across their rows (a normalization
 * over the batch, say), and those never share a run. A model that fails on the probes gets the benefit of the doubt only
 * when it says nothing else.
 */
export async function hasOwnRows({ inputs }: ModelSignature, run: Run): Promise<boolean> {
  const rows = probes.flatMap((seed) => {
    const row = probeRow(inputs, seed);
    return row === null ? [] : [row];
  });
  if (rows.length < probes.length || rows.some((row) => rowsOf(row) !== 1)) return false;
  const alone: (readonly NamedTensor[])[] = [];
  for (const row of rows) alone.push(await run(row));
  const together = splitRows(
    await run(joinRows(rows)),
    rows.map(() => 1),
  );
  return (
    together !== null &&
    together.every((outputs, row) =>
      outputs.every((output, index) => {
        const own = alone[row]?.[index];
        return own !== undefined && isClose(own, output);
      }),
    )
  );
}
