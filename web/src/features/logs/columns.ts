const tabStop = 8;

/** Ranges that terminals draw two columns wide: East Asian wide and full-width characters, emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

function isPrintableAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Columns that a line takes in a fixed-width font. An estimate for scripts whose glyphs the font does not have. */
export function textColumns(plain: string): number {
  if (isPrintableAscii(plain)) return plain.length;
  let columns = 0;
  for (const char of plain) {
    if (char === '\t') columns += tabStop - (columns % tabStop);
    else if (char < '\u0300') columns++;
    else if (wide.test(char)) columns += 2;
    else if (!zeroWidth.test(char)) columns++;
  }
  return columns;
}

/** Rows that a wrapped line takes; an empty line takes one. */
export function wrappedRows(columns: number, columnsPerRow: number): number {
  return Math.max(1, Math.ceil(columns / Math.max(1, columnsPerRow)));
}
