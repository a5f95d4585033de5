import { z } from 'zod';

/** Splits a text at its commas, trims the parts and drops empty ones. */
export function partsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Option with comma-separated pairs `name=value`; may be empty. */
export const pairsOption = z
  .string()
  .regex(/^(?:\s*[^,=\s]+\s*=\s*[^,=\s]+\s*(?:,|$))*$/, 'pairs `name=value`, separated by commas')
  .default('');

export function pairsOf(text: string): readonly (readonly [string, string])[] {
  return partsOf(text).map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
}
