import { digitsOfId } from './id-part.ts';

const longestWord = 64;
/** Words of a message; failures put what matters first. */
const mostMessageWords = 64;
const mostWords = 512;

/** Lower-case words of letters and digits. */
export function wordsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, longestWord).toWellFormed());
}

type Labels = Readonly<Record<string, string>>;
export type WordedJob = {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly model: string;
  readonly labels: Labels;
  readonly message: string;
};

/**
 * A label as a single entry of the index. The length of its key separates the two, and no word begins with `=`, so that
 * different labels never have the same entry.
 */
function labelEntry(key: string, value: string): string {
  return `=${key.length}:${key}=${value}`;
}

const backwards = (text: string): string => Array.from(text).toReversed().join('');

/** Entries under which the index of jobs finds a job: its words, its labels, and its id from both ends. */
export function indexEntriesOf({ id, name, service, model, labels, message }: WordedJob): readonly string[] {
  const pairs = Object.entries(labels);
  const text = [name, service, model, ...pairs.flat()].join(' ');
  const words = [...wordsOf(text), ...wordsOf(message).slice(0, mostMessageWords)];
  const digits = digitsOfId(id) ?? '';
  const entries = [...new Set(words)].slice(0, mostWords);
  return [
    ...entries,
    ...pairs.map(([key, value]) => labelEntry(key, value)),
    ...(digits === '' ? [] : [`>${digits}`, `<${backwards(digits)}`]),
  ];
}

/** Text of one entry in an expression of PostgreSQL's text search. */
function quoted(entry: string): string {
  return `'${entry.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/**
 * An expression of PostgreSQL's text search (`tsquery`) for jobs with all words of the text, or whose id begins or ends
 * with it. A word matches the beginnings of words; a single letter or digit only itself, because it begins too many.
 * Null for a text without letters and digits.
 */
export function searchExpression(text: string): string | null {
  const words = wordsOf(text);
  if (words.length === 0) return null;
  const all = words.map((word) => `${quoted(word)}${word.length > 1 ? ':*' : ''}`).join(' & ');
  const digits = digitsOfId(text.trim());
  if (digits === null) return all;
  return `(${all}) | '>${digits}':* | '<${backwards(digits)}':*`;
}

/** An expression for jobs with this label. */
export function labelExpression(key: string, value: string): string {
  return quoted(labelEntry(key, value));
}
