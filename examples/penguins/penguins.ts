import { readFileSync } from 'node:fs';
import { TrainingError, type Column, type TableRow } from '@artenic/training';

/** The network's inputs. Sex is left out, because it is unknown for 11 of the 344 birds. */
export const columns: readonly Column[] = [
  { name: 'beak_length_mm', kind: 'numeric' },
  { name: 'beak_depth_mm', kind: 'numeric' },
  { name: 'flipper_length_mm', kind: 'numeric' },
  { name: 'body_mass_g', kind: 'numeric' },
  { name: 'island', kind: 'categorical' },
];

/** Names in the data file; the model's inputs are named in the way of identifiers. */
const sourceNames: Readonly<Record<string, string>> = {
  beak_length_mm: 'Beak Length (mm)',
  beak_depth_mm: 'Beak Depth (mm)',
  flipper_length_mm: 'Flipper Length (mm)',
  body_mass_g: 'Body Mass (g)',
  island: 'Island',
};

export type Penguin = { readonly species: string; readonly row: TableRow };

/** Reads the birds whose species and values are all known. */
export function readPenguins(path: string): { readonly penguins: readonly Penguin[]; readonly dropped: number } {
  const records: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(records)) throw new TrainingError('invalid-data', `${path} must hold a JSON list.`);
  const penguins = records.flatMap((record: Readonly<Record<string, unknown>>): Penguin[] => {
    const species = record['Species'];
    const values = columns.flatMap(({ name, kind }): [string, number | string][] => {
      const value = record[sourceNames[name] ?? name];
      if (kind === 'numeric') return typeof value === 'number' ? [[name, value]] : [];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const isComplete = typeof species === 'string' && values.length === columns.length;
    return isComplete ? [{ species, row: Object.fromEntries(values) }] : [];
  });
  return { penguins, dropped: records.length - penguins.length };
}
