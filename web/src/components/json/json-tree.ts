/** A parsed JSON text that keeps its literals and all offsets. */
export type JsonNode =
  | { readonly kind: 'literal'; readonly raw: string; readonly offset: number }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[]; readonly offset: number }
  | { readonly kind: 'object'; readonly entries: readonly JsonEntry[]; readonly offset: number };
export type JsonEntry = { readonly key: string; readonly rawKey: string; readonly value: JsonNode };

export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const deepest = 200;
const literal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null/y;
const text = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})|\u007f|[\u0080-\u009f])*"/uy;
const space = /[\t\n\r ]*/y;

type Reader = { readonly source: string; at: number };

function take(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.source);
  if (found === null) return null;
  reader.at = pattern.lastIndex;
  return found[0];
}

function peek(reader: Reader): string {
  take(reader, space);
  return reader.source[reader.at] ?? '';
}

function fail(reader: Reader, expected: string): never {
  const found = reader.source[reader.at];
  throw new JsonSyntaxError(
    found === undefined ? `${expected}, but the text ends` : `${expected}, not ${found}`,
    reader.at,
  );
}

function readText(reader: Reader, expected: string): string {
  const start = reader.at;
  const raw = take(reader, text);
  if (raw !== null) return raw;
  if (reader.source[start] !== '"') return fail(reader, expected);
  throw new JsonSyntaxError('this text has no end, or a character in it must be escaped', start);
}

function readArray(reader: Reader, depth: number): JsonNode {
  const offset = reader.at++;
  const items: JsonNode[] = [];
  if (peek(reader) === ']') {
    reader.at++;
    return { kind: 'array', items, offset };
  }
  for (;;) {
    items.push(readValue(reader, depth + 1));
    const next = peek(reader);
    if (next !== ',' && next !== ']') fail(reader, 'a comma or ] must follow');
    reader.at++;
    if (next === ']') return { kind: 'array', items, offset };
    if (peek(reader) === ']') throw new JsonSyntaxError('no comma before ]', reader.at);
  }
}

function readObject(reader: Reader, depth: number): JsonNode {
  const offset = reader.at++;
  const entries: JsonEntry[] = [];
  if (peek(reader) === '}') {
    reader.at++;
    return { kind: 'object', entries, offset };
  }
  for (;;) {
    peek(reader);
    const rawKey = readText(reader, 'a name in double quotes must stand here');
    if (peek(reader) !== ':') fail(reader, 'a colon must follow the name');
    reader.at++;
    entries.push({ key: String(JSON.parse(rawKey)), rawKey, value: readValue(reader, depth + 1) });
    const next = peek(reader);
    if (next !== ',' && next !== '}') fail(reader, 'a comma or } must follow');
    reader.at++;
    if (next === '}') return { kind: 'object', entries, offset };
    if (peek(reader) === '}') throw new JsonSyntaxError('no comma before }', reader.at);
  }
}

function readValue(reader: Reader, depth: number): JsonNode {
  const next = peek(reader);
  if (depth > deepest) throw new JsonSyntaxError(`deeper than ${deepest} levels`, reader.at);
  if (next === '{') return readObject(reader, depth);
  if (next === '[') return readArray(reader, depth);
  const offset = reader.at;
  if (next === '"') return { kind: 'literal', raw: readText(reader, 'a value'), offset };
  const raw = take(reader, literal);
  if (raw === null) fail(reader, 'a value must stand here');
  if (/[\w.]/.test(reader.source[reader.at] ?? '')) throw new JsonSyntaxError('no JSON value', offset);
  return { kind: 'literal', raw, offset };
}

/** Strict JSON (RFC 8259). @throws JsonSyntaxError with the offset */
export function readJsonTree(source: string): JsonNode {
  const reader: Reader = { source, at: 0 };
  const tree = readValue(reader, 0);
  if (peek(reader) !== '') fail(reader, 'nothing may follow the value');
  return tree;
}

/** Offset of the value at a JSON pointer (RFC 6901), or of its nearest existing parent. */
export function offsetOfPointer(tree: JsonNode, pointer: string): number {
  let node = tree;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const child: JsonNode | undefined =
      node.kind === 'object'
        ? node.entries.findLast((entry) => entry.key === key)?.value
        : node.kind === 'array'
          ? node.items[Number(key)]
          : undefined;
    if (child === undefined) return node.offset;
    node = child;
  }
  return node.offset;
}
