export type JsonTokenKind = 'key' | 'text' | 'number' | 'word' | 'mark' | 'space' | 'bad';
export type JsonToken = { readonly kind: JsonTokenKind; readonly text: string };

const pattern =
  /(?<key>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?<text>"(?:[^"\\\n]|\\.)*"?)|(?<number>-?\d[\d.Ee+-]*)|(?<word>\b(?:true|false|null)\b)|(?<mark>[{}[\],:]+)|(?<space>\s+)|(?<bad>[^\s{}[\],:"]+)/g;
const kinds = ['key', 'text', 'number', 'word', 'mark', 'space', 'bad'] as const;

/** Tokens for colouring, of complete and incomplete JSON; joined together they give the text. */
export function jsonTokens(source: string): readonly JsonToken[] {
  const tokens: JsonToken[] = [];
  for (const found of source.matchAll(pattern)) {
    const kind = kinds.find((one) => found.groups?.[one] !== undefined) ?? 'bad';
    tokens.push({ kind, text: found[0] });
  }
  return tokens;
}
