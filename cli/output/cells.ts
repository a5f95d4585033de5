import { integerRanges, keepDigits, type ModelSignature } from '@artenic/core';

export type InputSignature = ModelSignature['inputs'][number];

/** How spreadsheets and data frames write a missing value. */
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

/** Parses JSON and keeps all digits of whole numbers; undefined for text that is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    return undefined;
  }
}

/** Numbers, `true`, `false`, lists and quoted text are read as JSON; anything else is text. */
function valueByLook(text: string): unknown {
  const value = jsonOf(text);
  return value === undefined ? text : value;
}

/** An open first dimension is the number of rows; a cell belongs to a single row. */
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
 * Converts a cell's text to the input's type. Text that does not fit the type stays text, and the API reports the
 * error. Without a signature the type is guessed from the text.
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

/** Like `valueOfCell`, but the text may also be quoted, as in JSON. */
export function valueOfArgument(text: string, input: InputSignature | undefined): unknown {
  const quoted = text.startsWith('"') ? jsonOf(text) : undefined;
  return typeof quoted === 'string' ? quoted : valueOfCell(text, input);
}
