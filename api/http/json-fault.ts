type Wish = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing';

const words: Readonly<Record<Wish, string>> = {
  value: 'a value',
  'value-or-end': 'a value or "]"',
  key: 'a field name in double quotes',
  'key-or-end': 'a field name in double quotes or "}"',
  colon: '":"',
  'comma-or-end': '"," or a closing bracket',
  nothing: 'nothing more',
};
const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function matchEnd(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

/** End of the string that begins at `at`, or the offset of its first fault. */
function readString(text: string, at: number): { readonly end: number } | { readonly fault: number } {
  let index = at + 1;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === 0x22) return { end: index + 1 };
    const next = code === 0x5c ? matchEnd(escapeSequence, text, index) : code < 0x20 ? null : index + 1;
    if (next === null) return { fault: index };
    index = next;
  }
  return { fault: text.length };
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** Offset of the first fault and the token that is expected there. Called only for text that `JSON.parse` refuses. */
function scan(text: string): { readonly offset: number; readonly wanted: string } {
  const open: ('{' | '[')[] = [];
  let wish: Wish = 'value';
  let index = 0;
  const afterValue = (): Wish => (open.length === 0 ? 'nothing' : 'comma-or-end');
  for (;;) {
    while (' \t\r\n'.includes(text[index] ?? '-')) index++;
    const char = text[index];
    const fault = { offset: index, wanted: words[wish] };
    if (char === undefined) return fault;
    const isValue: boolean = wish === 'value' || wish === 'value-or-end';
    if ((char === '{' || char === '[') && isValue) {
      open.push(char);
      wish = char === '{' ? 'key-or-end' : 'value-or-end';
      index++;
    } else if (char === '"' && (isValue || wish === 'key' || wish === 'key-or-end')) {
      const string = readString(text, index);
      if ('fault' in string) return { offset: string.fault, wanted: 'the rest of a string' };
      index = string.end;
      wish = isValue ? afterValue() : 'colon';
    } else if (char === ':' && wish === 'colon') {
      wish = 'value';
      index++;
    } else if (char === ',' && wish === 'comma-or-end') {
      wish = open.at(-1) === '{' ? 'key' : 'value';
      index++;
    } else if (
      char === (open.at(-1) === '{' ? '}' : ']') &&
      (wish === 'comma-or-end' || wish === 'key-or-end' || wish === 'value-or-end')
    ) {
      open.pop();
      wish = afterValue();
      index++;
    } else {
      const end = isValue ? matchEnd(scalar, text, index) : null;
      if (end === null) return fault;
      index = end;
      wish = afterValue();
    }
  }
}

/** Place and kind of the first fault in text that is not JSON. `JSON.parse` itself does not always give the place. */
export function jsonFault(text: string): {
  readonly line: number;
  readonly column: number;
  readonly message: string;
} {
  const { offset, wanted } = scan(text);
  const found = offset >= text.length ? 'the end' : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  return { ...placeOf(text, offset), message: `expected ${wanted}, found ${found}` };
}
