export type CsvValue = string | number | null;

/** Beginnings that a spreadsheet takes for a formula. */
const formula = /^[\s\p{C}]*[=+\-@]/u;

/** Text that a spreadsheet would run as a formula gets an apostrophe, which shows it as text. */
function cellOf(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = formula.test(value) || /^[\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row by RFC 4180, with its line break. */
export function csvRow(values: readonly CsvValue[]): string {
  return `${values.map(cellOf).join(',')}\r\n`;
}
