/**
 * Azure ends path segments before a trailing dot, reads a backslash as a slash and cannot list control characters, so
 * these are stored percent-encoded. `keyOf` is the inverse.
 */
export function nameOfKey(key: string): string {
  return key.split('/').map(encodeSegment).join('/');
}

/** A prefix may end within a segment, and a dot at its end need not be the segment's last character. */
export function nameOfPrefix(prefix: string): string {
  const end = prefix.lastIndexOf('/') + 1;
  return prefix.slice(0, end).split('/').map(encodeSegment).join('/') + encode(withoutLastDots(prefix.slice(end)));
}

export function keyOf(name: string): string {
  return decodeURIComponent(name);
}

function encodeSegment(segment: string): string {
  const text = encode(segment);
  return text.endsWith('.') ? `${text.slice(0, -1)}%2E` : text;
}

function encode(text: string): string {
  return Array.from(text, (char) => (mustEncode(char) ? encodeURIComponent(char) : char)).join('');
}

function mustEncode(char: string): boolean {
  return char === '%' || char === '\\' || char < ' ' || char === '\u007f' || char === '\ufffe' || char === '\uffff';
}

function withoutLastDots(text: string): string {
  let end = text.length;
  while (text[end - 1] === '.') end--;
  return text.slice(0, end);
}
