import type { ModelSignature } from '@artenic/core';

const longTypes: ReadonlySet<string> = new Set(['int64', 'uint64']);
/** Sixteen digits that are not behind a decimal point: a whole number that a double may not represent. */
const longNumber = /(?<![\d.])\d{16}/;

/** Whether the JSON must be parsed with all digits of its whole numbers, which takes several times as long. */
export function needsDigits({ inputs }: ModelSignature, json: string): boolean {
  return inputs.some(({ type }) => longTypes.has(type)) && longNumber.test(json);
}
