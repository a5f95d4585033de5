import type { z } from 'zod';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

const nouns: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['nan', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
  ['null', 'nothing'],
  ['undefined', 'nothing'],
]);
const nounOf = (type: string): string => nouns.get(type) ?? type;

const longestShown = 40;

/** A value as it may be shown: short texts in quotes, lists and mappings by their kind. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** Whether the issue carries its value: schemas report it only when they are asked to. */
const hasInput = (issue: Issue): boolean => 'input' in issue;

/** For example `give a number, not "two"`. The types that would be right are joined by "or". */
export function wrongType(expected: readonly string[], issue: Issue): string {
  const wanted = [...new Set(expected.map(nounOf))].join(' or ');
  const isMissing = hasInput(issue) ? issue.input === undefined : issue.message.endsWith('received undefined');
  if (isMissing) return `missing: give ${wanted}`;
  const [, received = ''] = /received (\w+)$/.exec(issue.message) ?? [];
  const got = hasInput(issue) ? shown(issue.input) : nounOf(received);
  const isScalar = hasInput(issue) && (typeof issue.input === 'number' || typeof issue.input === 'boolean');
  const quotes =
    expected.includes('string') && isScalar ? `: write it in quotes, ${JSON.stringify(String(issue.input))}` : '';
  return `give ${wanted}${got === '' ? '' : `, not ${got}`}${quotes}`;
}

function countOf(origin: string, count: number): string {
  if (origin === 'string') return `${count} character${count === 1 ? '' : 's'}`;
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return `${count} ${count === 1 ? 'entry' : 'entries'}`;
  return String(count);
}

function range(issue: Extract<Issue, { readonly code: 'too_small' | 'too_big' }>): string {
  const { origin } = issue;
  const isNumber = origin !== 'string' && origin !== 'array' && origin !== 'set' && origin !== 'map';
  const limit = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  if (issue.code === 'too_small' && !isNumber && limit === 1) return 'must not be empty';
  const isInclusive = issue.inclusive !== false;
  const words =
    issue.code === 'too_small' ? (isInclusive ? 'at least' : 'more than') : isInclusive ? 'at most' : 'less than';
  const got = isNumber && hasInput(issue) ? `, not ${shown(issue.input)}` : '';
  return `must ${isNumber ? 'be' : 'have'} ${words} ${countOf(origin, limit)}${got}`;
}

const formats: ReadonlyMap<string, string> = new Map([
  ['datetime', 'give a time such as 2030-01-31T12:00:00Z'],
  ['date', 'give a date such as 2030-01-31'],
  ['uuid', 'give an id, such as 01900000-0000-7000-8000-000000000001'],
  ['url', 'give a URL'],
]);

/** Zod's own messages begin so; other messages were written for the field. */
const standard = /^(?:Invalid|Too (?:small|big)|Unrecognized)\b/;

/** The fault in plain words: what to write, and what is there. A message that was written for the field stays. */
export function faultWords(issue: Issue): string {
  if (!standard.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return wrongType([issue.expected], issue);
    case 'too_small':
    case 'too_big':
      return range(issue);
    case 'invalid_value': {
      const values = issue.values.map(String);
      const meant = hasInput(issue) && typeof issue.input === 'string' ? nearest(issue.input, values) : null;
      const got = hasInput(issue) ? `, not ${shown(issue.input)}` : '';
      return `give ${values.length === 1 ? '' : 'one of '}${values.join(', ')}${got}${didYouMean(meant)}`;
    }
    case 'invalid_format':
      return formats.get(issue.format) ?? 'this form is not allowed here';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return 'this value is not allowed here';
    default:
      return issue satisfies never;
  }
}

export function didYouMean(meant: string | null): string {
  return meant === null ? '' : `; did you mean "${meant}"?`;
}
