import type { ProfileFailure } from '@artenic/core';
import { messageOf } from '../core/errors.ts';

const longestMessage = 300;
/** DuckDB's message may hold a whole line of the file. */
const longestText = 10_000;

/** A file that cannot be read, with the place of the fault where it is known. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly failure: ProfileFailure;

  constructor(failure: ProfileFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function unreadable(
  message: string,
  { reason = 'broken', row = null, column = null }: Partial<Omit<ProfileFailure, 'message'>> = {},
): Unreadable {
  return new Unreadable({ reason, message, row, column });
}

const digits = (match: RegExpExecArray | null): number | null => (match === null ? null : Number(match[1]));

type Known = { readonly pattern: RegExp; readonly message: string; readonly reason: ProfileFailure['reason'] };

/** Faults that DuckDB explains by its options, in words about the file. */
const known: readonly Known[] = [
  { pattern: /^Out of Memory Error/, message: 'The file needs more memory than a reader has.', reason: 'too-large' },
  { pattern: /Maximum line size of \d+ bytes exceeded/, message: 'A line is too long.', reason: 'too-large' },
  { pattern: /maximum_object_size/, message: 'A record is too large.', reason: 'too-large' },
  { pattern: /Value with unterminated quote/, message: 'A quoted value has no end.', reason: 'broken' },
  { pattern: /not utf-8|Invalid unicode|invalid UTF/i, message: 'The text is not UTF-8.', reason: 'broken' },
  { pattern: /unexpected end of file/, message: 'The packed file ends too early.', reason: 'broken' },
  { pattern: /incorrect header check/, message: 'The file is not packed with gzip.', reason: 'broken' },
  { pattern: /when sniffing file/, message: 'Rows and columns cannot be told apart.', reason: 'broken' },
];

/** DuckDB's sentence, without its kind of error, the path, and its advice about options. */
function sentenceOf(text: string, path: string): string {
  const kept: string[] = [];
  for (const line of text.replaceAll(path, 'the file').split('\n')) {
    const plain = line.trim();
    if (/^(?:Possible |Original Line|file = |\*|LINE |Try )/i.test(plain)) break;
    if (plain !== '') kept.push(plain);
  }
  const sentence = kept.join(' ').replace(/^[A-Za-z ]{1,40} Error: /, '');
  return sentence.length > longestMessage ? `${sentence.slice(0, longestMessage)}…` : sentence;
}

/** The end of a message tells what is wrong, and its beginning where. */
function shortened(text: string): string {
  return text.length <= 2 * longestText ? text : `${text.slice(0, longestText)}\n${text.slice(-longestText)}`;
}

/**
 * The fault that DuckDB reports. @param columns names in the order of the file, to place a column that the message names
 */
export function failureOf(error: unknown, path: string, columns: readonly string[]): ProfileFailure {
  if (error instanceof Unreadable) return error.failure;
  const text = shortened(messageOf(error));
  const row =
    digits(/on Line: (\d{1,15})/.exec(text)) ?? digits(/in (?:line|record\/value|value) (\d{1,15})/.exec(text));
  const expected = /Expected Number of Columns: (\d{1,9}) Found: (\d{1,9})/.exec(text);
  if (expected !== null) {
    const [should, does] = [Number(expected[1]), Number(expected[2])];
    const message = `The row has ${does} values, and there are ${should} columns.`;
    return { reason: 'broken', message, row, column: Math.min(should, does) + 1 };
  }
  const named = /Error when converting column "([^"\n]{1,300})"/.exec(text)?.[1];
  const column = named === undefined ? 0 : columns.indexOf(named) + 1;
  const { message = sentenceOf(text, path), reason = 'broken' } = known.find((one) => one.pattern.test(text)) ?? {};
  return { reason, message, row, column: column > 0 ? column : null };
}

/** Whether another choice of the columns' types may cure the fault. */
export function isWrongType(error: unknown): boolean {
  const text = shortened(messageOf(error));
  return /Error when converting column|Could not convert|Try increasing 'sample_size'|Conversion Error/i.test(text);
}

/** Whether DuckDB could not find out how the rows of a text are divided, which it says without the place. */
export function isUndivided(error: unknown): boolean {
  return /when sniffing file/.test(shortened(messageOf(error)));
}
