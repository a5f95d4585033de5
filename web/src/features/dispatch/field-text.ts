import type { FieldKind } from './form-fields.ts';

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a field as text for its control. */
export function formatted(kind: FieldKind, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(String).join(kind === 'command' ? '\n' : ' ');
  if (isMapping(value))
    return Object.entries(value)
      .map(([name, one]) => `${name}=${String(one)}`)
      .join('\n');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** A number, or the text itself when it is none: the check of the job file then says so. */
function numberOf(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function pairOf(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return at === -1 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1)];
}

/** The value that a text means; undefined takes the field out. `before` is the present value: a list stays a list. */
export function parsed(kind: FieldKind, text: string, before: unknown): unknown {
  const words = text.split(/[\s,]+/).filter(Boolean);
  switch (kind) {
    case 'line':
    case 'choice':
      return text === '' ? undefined : text;
    case 'command':
      if (text === '') return undefined;
      return Array.isArray(before) ? text.split('\n') : text;
    case 'number':
      return text.trim() === '' ? undefined : numberOf(text.trim());
    case 'words':
    case 'providers':
      return words.length === 0 ? undefined : words;
    case 'numbers':
      return words.length === 0 ? undefined : words.map(numberOf);
    case 'pairs': {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      return lines.length === 0 ? undefined : Object.fromEntries(lines.map(pairOf));
    }
    default:
      return kind satisfies never;
  }
}
