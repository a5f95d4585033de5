import { integerRanges, keepDigits, type ModelSignature } from '@artenic/core';

export type InputSignature = ModelSignature['inputs'][number];

/** How spreadsheets and data frames write that there is nothing. */
const missing: ReadonlySet<string> = new Set(['', 'nan', 'na', 'n/a', '#n/a', '<na>', 'null', 'none']);
const notFinite: ReadonlyMap<string, string> = new Map(
  ['inf', 'infinity'].flatMap((word) => [
    [word, 'Infinity'],
    [`+${word}`, 'Infinity'],
    [`-${word}`, '-Infinity'],
  ]),
);
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const whole = /^[+-]?\d+$/;

/** JSON in which whole numbers keep all their digits; undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    return undefined;
  }
}

/** Numbers, `true`, `false`, lists and quoted text as JSON has them; anything else is text. */
function valueByLook(text: string): unknown {
  const value = jsonOf(text);
  return value === undefined ? text : value;
}

/** An open first dimension is the number of rows, which is one. */
function takesList({ shape }: InputSignature): boolean {
  return shape === null || shape.some((dim, index) => (typeof dim === 'string' ? index > 0 : dim !== 1));
}

function numberOf(text: string): unknown {
  if (whole.test(text)) {
    const digits = text.replace(/^\+/, '');
    return Number.isSafeInteger(Number(digits)) ? Number(digits) : digits;
  }
  return decimal.test(text) ? Number(text) : text;
}

function realOf(text: string): unknown {
  const word = text.toLowerCase();
  return missing.has(word) ? null : (notFinite.get(word) ?? numberOf(text));
}

/**
 * The value that a cell's text is for an input of this type. What is of no such type stays text, and the API says what is
 * wrong with it. Without a signature the text is taken by its look.
 */
export function valueOfCell(text: string, input: InputSignature | undefined): unknown {
  if (input === undefined) return valueByLook(text);
  const trimmed = text.trim();
  if (trimmed.startsWith('[') && takesList(input)) {
    const list = jsonOf(trimmed);
    if (Array.isArray(list)) return list;
  }
  if (input.type === 'string') return text;
  if (input.type === 'bool') {
    const word = trimmed.toLowerCase();
    return word === 'true' || word === 'false' ? word === 'true' : text;
  }
  return input.type in integerRanges ? numberOf(trimmed) : realOf(trimmed);
}

/** As `valueOfCell`; a text may also stand in quotes, as in JSON. */
export function valueOfArgument(text: string, input: InputSignature | undefined): unknown {
  const quoted = text.startsWith('"') ? jsonOf(text) : undefined;
  return typeof quoted === 'string' ? quoted : valueOfCell(text, input);
}
