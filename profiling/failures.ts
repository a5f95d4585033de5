import type { ProfileFailure } from '@artenic/core';
import { messageOf } from '../core/errors.ts';

const longestMessage = 300;

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

function reasonOf(text: string): ProfileFailure['reason'] {
  if (/^Out of Memory Error/.test(text)) return 'too-large';
  return /maximum_object_size|Maximum line size|Max Line Size/i.test(text) ? 'too-large' : 'broken';
}

/** What DuckDB's message says of the fault: its first sentences, without the path and without the line's own text. */
function sentenceOf(text: string, path: string): string {
  const kept: string[] = [];
  for (const line of text.replaceAll(path, 'the file').split('\n')) {
    const plain = line.trim();
    if (/^(?:Possible (?:fixes|solutions|solution)|Original Line|file ?=|\*|LINE )/i.test(plain)) break;
    if (plain !== '') kept.push(plain);
  }
  const sentence = kept.join(' ').replace(/^(?:[A-Z][A-Za-z]+ )+Error: /, '');
  return sentence.length > longestMessage ? `${sentence.slice(0, longestMessage)}…` : sentence;
}

/**
 * The fault that DuckDB reports. @param columns names in the order of the file, to place a column that the message names
 */
export function failureOf(error: unknown, path: string, columns: readonly string[]): ProfileFailure {
  if (error instanceof Unreadable) return error.failure;
  const text = messageOf(error);
  const row = digits(/on Line: (\d{1,15})/.exec(text)) ?? digits(/in (?:line|record\/value|value) (\d{1,15})/.exec(text));
  const named = /Error when converting column "([^"\n]{1,300})"/.exec(text)?.[1];
  const expected = /Expected Number of Columns: (\d{1,9}) Found: (\d{1,9})/.exec(text);
  const place = named === undefined ? -1 : columns.indexOf(named);
  const column = expected !== null ? Math.min(Number(expected[1]), Number(expected[2])) + 1 : place + 1;
  const message =
    expected === null
      ? sentenceOf(text, path)
      : `The row has ${expected[2] ?? '?'} columns, the others have ${expected[1] ?? '?'}.`;
  return { reason: reasonOf(text), message, row, column: column > 0 ? column : null };
}

/** Whether another choice of the columns' types may cure the fault. */
export function isWrongType(error: unknown): boolean {
  const text = messageOf(error);
  return /Error when converting column|Could not convert|Try increasing 'sample_size'|Conversion Error/i.test(text);
}
