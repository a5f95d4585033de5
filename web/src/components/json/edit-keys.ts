/** A replacement in the text, and the selection after the replacement. */
export type Edit = {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly selectFrom: number;
  readonly selectTo: number;
};

const indent = '  ';

function shiftLines(text: string, from: number, to: number, isOutdent: boolean): Edit {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const lines = text.slice(start, to).split('\n');
  const shifted = lines.map((line) => (isOutdent ? line.replace(/^ {1,2}|^\t/, '') : indent + line));
  const firstDelta = (shifted[0]?.length ?? 0) - (lines[0]?.length ?? 0);
  const insert = shifted.join('\n');
  return { from: start, to, insert, selectFrom: Math.max(start, from + firstDelta), selectTo: start + insert.length };
}

/** Effect of Tab or Enter on a text with this selection; null when the browser handles the key. */
export function editOfKey(
  text: string,
  selection: { readonly from: number; readonly to: number },
  key: { readonly name: string; readonly isShifted: boolean },
): Edit | null {
  const { from, to } = selection;
  if (key.name === 'Tab') {
    const isBlock = text.slice(from, to).includes('\n');
    if (isBlock || key.isShifted) return shiftLines(text, from, to, key.isShifted);
    return { from, to, insert: indent, selectFrom: from + indent.length, selectTo: from + indent.length };
  }
  if (key.name !== 'Enter' || key.isShifted) return null;
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from);
  const current = /^[\t ]*/.exec(line)?.[0] ?? '';
  const opens = /[{[]\s*$/.test(line);
  const closes = opens && /^\s*[}\]]/.test(text.slice(to));
  const inner = `\n${current}${opens ? indent : ''}`;
  const caret = from + inner.length;
  return { from, to, insert: closes ? `${inner}\n${current}` : inner, selectFrom: caret, selectTo: caret };
}
