import { schemasAt } from './job-schema.ts';

/** Names that the platform knows, by the field they belong to, for example `placement/providers/[]`. */
export type KnownNames = ReadonlyMap<string, readonly string[]>;
export type Choice = {
  readonly label: string;
  /** Text put in; the label when absent. */
  readonly insert?: string;
  readonly kind: 'field' | 'value';
  readonly about: string;
};
export type Choices = { readonly from: number; readonly choices: readonly Choice[] };

/** Where a cursor in YAML stands: the path of the mapping or list around it, and what is being written. */
type Place = {
  readonly path: readonly string[];
  /** A field's name, or the value of the last part of the path. */
  readonly writes: 'name' | 'value';
  readonly from: number;
};

const keyLine = /^(?<indent> *(?:- +)*)(?<key>[\w.-]+):(?: |$)/;

function dashesOf(indent: string): readonly number[] {
  return [...indent.matchAll(/-/g)].map(({ index }) => index);
}

/** Names of the mappings and lists around something that begins at `column` of the line after `lines`. */
function pathAbove(lines: readonly string[], column: number, ownDashes: readonly number[]): readonly string[] {
  const path: string[] = ownDashes.map(() => '[]');
  let limit = ownDashes[0] ?? column;
  // A list may begin in the column of its field.
  let isItem = ownDashes.length > 0;
  for (const line of lines.toReversed()) {
    const found = keyLine.exec(line)?.groups;
    if (found === undefined) continue;
    const { indent = '', key = '' } = found;
    const dashes = dashesOf(indent);
    if (indent.length < limit || (isItem && indent.length === limit && dashes.length === 0)) {
      path.unshift(key);
      [limit, isItem] = [indent.length, false];
    }
    const first = dashes[0];
    if (first === undefined || first >= limit) continue;
    path.unshift(...dashes.map(() => '[]'));
    [limit, isItem] = [first, true];
  }
  return path;
}

function placeAt(text: string, offset: number): Place | null {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(start, offset);
  const lines = text.slice(0, start).split('\n').slice(0, -1);
  if (/(?:^|\s)#/.test(line)) return null;
  const list = /^(?<indent> *(?:- +)*)(?<key>[\w.-]+): +\[(?:[^\]]*[,\s])?(?<word>[\w./-]*)$/.exec(line)?.groups;
  const value = /^(?<indent> *(?:- +)*)(?<key>[\w.-]+): +(?<word>[\w./-]*)$/.exec(line)?.groups;
  const name = /^(?<indent> *(?:- +)*)(?<word>[\w.-]*)$/.exec(line)?.groups;
  const found = list ?? value ?? name;
  if (found === undefined) return null;
  const { indent = '', key, word = '' } = found;
  const path = pathAbove(lines, indent.length, dashesOf(indent));
  return {
    path: [...path, ...(key === undefined ? [] : [key]), ...(list === undefined ? [] : ['[]'])],
    writes: key === undefined ? 'name' : 'value',
    from: offset - word.length,
  };
}

function insertOf(name: string, path: readonly string[]): string {
  const types = schemasAt([...path, name]).map(({ type }) => type);
  if (types.includes('string') || types.includes('number') || types.includes('integer')) return `${name}: `;
  const inner = ' '.repeat(2 * (path.length + 1));
  return types.includes('array') ? `${name}: []` : `${name}:\n${inner}`;
}

function valuesAt(path: readonly string[], known: KnownNames): readonly Choice[] {
  const schemas = schemasAt(path);
  const about = schemas[0]?.description ?? '';
  const fixed = schemas.flatMap((one) => [
    ...(one.enum ?? []).map(String),
    ...(one.const === undefined ? [] : [String(one.const)]),
    ...(one.type === 'boolean' ? ['true', 'false'] : []),
    ...(['string', 'number', 'boolean'].includes(typeof one.default) ? [String(one.default)] : []),
  ]);
  const names = [...new Set([...fixed, ...(known.get(path.join('/')) ?? [])])];
  return names.map((label) => ({ label, kind: 'value', about }));
}

/** Choices for the place: fields that are not written yet, values of the schema, names that the platform knows. */
export function choicesAt(text: string, offset: number, known: KnownNames): Choices | null {
  const place = placeAt(text, offset);
  if (place === null) return null;
  const { path, writes, from } = place;
  const values = valuesAt(path, known);
  if (writes === 'value') return values.length === 0 ? null : { from, choices: values };
  const fields = schemasAt(path).flatMap(({ properties }) => Object.entries(properties ?? {}));
  const choices = fields.map(([name, schema]): Choice => ({
    ...{ label: name, kind: 'field', insert: insertOf(name, path) },
    about: typeof schema === 'object' ? (schema.description ?? '') : '',
  }));
  const all = [...choices, ...(path.at(-1) === '[]' ? values : [])];
  return all.length === 0 ? null : { from, choices: all };
}
