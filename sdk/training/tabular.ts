import { assertNever } from './assert-never.ts';
import { TrainingError } from './errors.ts';
import type { RandomNumbers } from './random.ts';

/** A row of a table: numbers and strings by column. */
export type TableRow = Readonly<Record<string, number | string>>;

/** A column that goes into the network. Names become the inputs of the exported model: letters, digits and `_`. */
export type Column = { readonly name: string; readonly kind: 'numeric' | 'categorical' };

/**
 * How a column becomes numbers. Numeric: (x − mean) / deviation. Categorical: one number per category, 1 for the row's
 * own and 0 for all others; a category that is not in the list gives only zeros.
 */
export type Feature =
  | { readonly name: string; readonly kind: 'numeric'; readonly mean: number; readonly deviation: number }
  | { readonly name: string; readonly kind: 'categorical'; readonly categories: readonly string[] };

/**
 * Learns scaling and categories. Pass training rows only: statistics of held-out rows would leak into the model. The
 * deviation is that of the population (divided by n), and 1 for a constant column.
 */
export function fitFeatures(columns: readonly Column[], rows: readonly TableRow[]): readonly Feature[] {
  if (rows.length === 0) throw new TrainingError('invalid-data', 'There are no rows to learn the scaling from.');
  return columns.map(({ name, kind }) => {
    switch (kind) {
      case 'numeric': {
        const values = rows.map((row) => numberIn(row, name));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        // Rounded to single precision, which the exported graph uses, so that the graph scales in exactly the same way.
        const deviation = Math.fround(Math.sqrt(variance));
        return { name, kind, mean: Math.fround(mean), deviation: deviation > 0 ? deviation : 1 };
      }
      case 'categorical':
        return { name, kind, categories: [...new Set(rows.map((row) => stringIn(row, name)))].sort() };
      default:
        return assertNever(kind);
    }
  });
}

/** Count of numbers that the features make per row. */
export function featureWidth(features: readonly Feature[]): number {
  return features.reduce((width, one) => width + (one.kind === 'numeric' ? 1 : one.categories.length), 0);
}

/**
 * The network's inputs [rows.length, featureWidth], in single precision as the exported graph computes them: the
 * numeric features in their order, then the categorical ones.
 */
export function encodeFeatures(features: readonly Feature[], rows: readonly TableRow[]): Float32Array {
  const encoded = new Float32Array(rows.length * featureWidth(features));
  let place = 0;
  for (const row of rows) {
    for (const one of features) {
      if (one.kind !== 'numeric') continue;
      encoded[place++] = Math.fround(Math.fround(numberIn(row, one.name)) - one.mean) / one.deviation;
    }
    for (const one of features) {
      if (one.kind !== 'categorical') continue;
      const category = stringIn(row, one.name);
      for (const known of one.categories) encoded[place++] = known === category ? 1 : 0;
    }
  }
  return encoded;
}

/**
 * Splits items at random so that each label keeps its share on both sides.
 * @param heldOutFraction In (0, 1). A label with two items or more gives at least one to each side.
 */
export function stratifiedSplit<Item>(
  items: readonly Item[],
  labelOf: (item: Item) => string,
  heldOutFraction: number,
  random: RandomNumbers,
): { readonly train: readonly Item[]; readonly heldOut: readonly Item[] } {
  if (!(heldOutFraction > 0 && heldOutFraction < 1)) {
    throw new TrainingError(
      'invalid-configuration',
      `heldOutFraction lies between 0 and 1, not at ${heldOutFraction}.`,
    );
  }
  const train: Item[] = [];
  const heldOut: Item[] = [];
  for (const label of [...new Set(items.map(labelOf))].sort()) {
    const same = items.filter((item) => labelOf(item) === label);
    const wanted = Math.round(same.length * heldOutFraction);
    const taken = same.length < 2 ? 0 : Math.min(Math.max(wanted, 1), same.length - 1);
    for (const [place, row] of random.permutation(same.length).entries()) {
      (place < taken ? heldOut : train).push(...same.slice(row, row + 1));
    }
  }
  return { train, heldOut };
}

function numberIn(row: TableRow, name: string): number {
  const value = row[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TrainingError('invalid-data', `Column ${name} holds ${JSON.stringify(value)} where a number is needed.`);
  }
  return value;
}

function stringIn(row: TableRow, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') {
    throw new TrainingError('invalid-data', `Column ${name} holds ${JSON.stringify(value)} where a string is needed.`);
  }
  return value;
}
