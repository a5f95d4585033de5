/**
 * Terminal text (ECMA-48). Colours are mapped to the sixteen that the theme defines. All other escapes are dropped, so
 * that a log line can never be anything but text.
 */

/** Packed: bits 0–4 foreground, 5–9 background (0 is the default, 1–16 the palette), then one bit per attribute. */
export type AnsiStyle = number;

export const plainStyle: AnsiStyle = 0;
export const ansiBits = {
  bold: 1 << 10,
  dim: 1 << 11,
  italic: 1 << 12,
  underline: 1 << 13,
  inverse: 1 << 14,
  strike: 1 << 15,
};
const colourMask = 0b11111;
const backgroundShift = 5;

export const foregroundOf = (style: AnsiStyle): number => style & colourMask;
export const backgroundOf = (style: AnsiStyle): number => (style >> backgroundShift) & colourMask;

export type AnsiToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'sgr'; readonly params: string }
  | { readonly kind: 'csi'; readonly final: string; readonly params: string }
  | { readonly kind: 'return' }
  | { readonly kind: 'back' };

const escape = 0x1b;
const longestEscape = 4096;

/** `isCut`: a control string that was ended by the next escape. */
type Escape = { readonly end: number; readonly token: AnsiToken | null; readonly isCut?: boolean };

/** Reads the control sequence whose parameters begin at `start`; null when the text ends inside it. */
function readCsi(text: string, start: number): Escape | null {
  let at = start;
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x3f) at++;
  const params = text.slice(start, at);
  while (at < text.length && text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) <= 0x2f) at++;
  const final = text[at];
  if (final === undefined) return null;
  if (final < '@' || final > '~') return { end: at, token: null };
  const isPrivate = /^[<-?]/.test(params);
  if (isPrivate) return { end: at + 1, token: null };
  return { end: at + 1, token: final === 'm' ? { kind: 'sgr', params } : { kind: 'csi', final, params } };
}

/** Reads operating system commands and other strings (title, hyperlink, clipboard). Null when no terminator follows. */
function readString(text: string, start: number): Escape | null {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x07 || code === 0x9c) return { end: at + 1, token: null };
    // The string is not closed on its line: only the introducer is dropped.
    if (code === 0x0a) return { end: start, token: null };
    if (code === escape) {
      const next = text[at + 1];
      if (next === undefined) return null;
      return next === '\\' ? { end: at + 2, token: null } : { end: at, token: null, isCut: true };
    }
  }
  return null;
}

function readEscape(text: string, at: number): Escape | null {
  const code = text.charCodeAt(at);
  if (code === 0x9b) return readCsi(text, at + 1);
  const next = text[at + 1];
  if (next === undefined) return null;
  if (next === '[') return readCsi(text, at + 2);
  if (next === '\u001b') return { end: at + 1, token: null, isCut: true };
  if (']PX^_'.includes(next)) return readString(text, at + 2);
  // Character set selections have an additional character.
  if ('()*+-./#%'.includes(next)) return text.length > at + 2 ? { end: at + 3, token: null } : null;
  return { end: at + 2, token: null };
}

const isControl = (code: number): boolean => (code < 0x20 && code !== 0x09) || (code >= 0x7f && code <= 0x9f);

/** Whether a line needs parsing at all. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isControl(text.charCodeAt(at))) return true;
  return false;
}

/** Start of an escape that the text does not complete, else the text's length. No escape crosses a line end. */
export function unfinishedEscapeAt(text: string): number {
  let at = text.lastIndexOf('\n') + 1;
  let start = -1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== escape && code !== 0x9b) {
      at++;
      continue;
    }
    // A string stays together with the escape that ended it.
    if (start < 0) start = at;
    const read = readEscape(text, at);
    if (read === null) return text.length - start > longestEscape ? text.length : start;
    at = read.end;
    if (read.isCut !== true) start = -1;
  }
  return text.length;
}

export function ansiTokens(text: string): readonly AnsiToken[] {
  const tokens: AnsiToken[] = [];
  let start = 0;
  let at = 0;
  const flush = (): void => {
    if (at > start) tokens.push({ kind: 'text', text: text.slice(start, at) });
  };
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (!isControl(code)) {
      at++;
      continue;
    }
    flush();
    if (code === escape || code === 0x9b) {
      // An unterminated sequence loses only its introducer: noise is better than a lost line.
      const read = readEscape(text, at) ?? { end: Math.min(text.length, at + 2), token: null };
      if (read.token !== null) tokens.push(read.token);
      at = read.end;
    } else {
      if (code === 0x0d) tokens.push({ kind: 'return' });
      if (code === 0x08) tokens.push({ kind: 'back' });
      at++;
    }
    start = at;
  }
  flush();
  return tokens;
}

const levels = [0, 95, 135, 175, 215, 255];
/** xterm's sixteen colours, the targets for richer colours. */
const palette: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

function nearest(red: number, green: number, blue: number): number {
  let best = 0;
  let smallest = Infinity;
  for (const [index, [r, g, b]] of palette.entries()) {
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < smallest) [best, smallest] = [index, distance];
  }
  return best + 1;
}

function fromIndex(index: number): number {
  if (index < 16) return index + 1;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return nearest(grey, grey, grey);
  }
  const cube = index - 16;
  const level = (step: number): number => levels[Math.floor(cube / step) % 6] ?? 0;
  return nearest(level(36), level(6), level(1));
}

/** Reads `5;n` or `2;r;g;b` after a 38 or 48. */
function extended(codes: readonly number[], at: number): { readonly colour: number | null; readonly used: number } {
  const byte = (offset: number): number => Math.min(255, codes[at + offset] ?? 0);
  if (codes[at] === 5) return { colour: fromIndex(byte(1)), used: 2 };
  if (codes[at] === 2) return { colour: nearest(byte(1), byte(2), byte(3)), used: 4 };
  return { colour: null, used: 1 };
}

const attributes: Readonly<Record<number, readonly [set: number, clear: number]>> = {
  1: [ansiBits.bold, 0],
  2: [ansiBits.dim, 0],
  3: [ansiBits.italic, 0],
  4: [ansiBits.underline, 0],
  7: [ansiBits.inverse, 0],
  9: [ansiBits.strike, 0],
  21: [ansiBits.underline, 0],
  22: [0, ansiBits.bold | ansiBits.dim],
  23: [0, ansiBits.italic],
  24: [0, ansiBits.underline],
  27: [0, ansiBits.inverse],
  29: [0, ansiBits.strike],
};

const withForeground = (style: AnsiStyle, colour: number): AnsiStyle => (style & ~colourMask) | colour;
const withBackground = (style: AnsiStyle, colour: number): AnsiStyle =>
  (style & ~(colourMask << backgroundShift)) | (colour << backgroundShift);

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return plainStyle;
  if (code >= 30 && code <= 37) return withForeground(style, code - 29);
  if (code >= 90 && code <= 97) return withForeground(style, code - 81);
  if (code >= 40 && code <= 47) return withBackground(style, code - 39);
  if (code >= 100 && code <= 107) return withBackground(style, code - 91);
  if (code === 39) return withForeground(style, 0);
  if (code === 49) return withBackground(style, 0);
  const [set, clear] = attributes[code] ?? [0, 0];
  return (style | set) & ~clear;
}

/** Style after a "select graphic rendition" sequence with these parameters. */
export function applySgr(before: AnsiStyle, params: string): AnsiStyle {
  // `38:2::r:g:b` contains an empty colour space field; `38;2;r;g;b` does not.
  const flat = params.replace(/([34]8):2:\d*:(\d*:\d*:\d*)/g, '$1:2:$2');
  const codes = flat.split(/[;:]/).map((part) => (part === '' ? 0 : Math.min(999, Number(part))));
  let style = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code !== 38 && code !== 48) {
      style = applyCode(style, code);
      continue;
    }
    const { colour, used } = extended(codes, at + 1);
    if (colour !== null) style = code === 38 ? withForeground(style, colour) : withBackground(style, colour);
    at += used;
  }
  return style;
}

export type AnsiSpan = { readonly text: string; readonly style: AnsiStyle };

/** Spans of equal style in a line, and the style with which the next line begins. */
export function ansiSpans(
  text: string,
  startStyle: AnsiStyle,
): { readonly spans: readonly AnsiSpan[]; readonly endStyle: AnsiStyle } {
  if (!hasControls(text)) return { spans: text === '' ? [] : [{ text, style: startStyle }], endStyle: startStyle };
  const spans: AnsiSpan[] = [];
  let style = startStyle;
  for (const token of ansiTokens(text)) {
    if (token.kind === 'sgr') style = applySgr(style, token.params);
    if (token.kind !== 'text') continue;
    const last = spans.at(-1);
    if (last?.style === style) spans[spans.length - 1] = { text: last.text + token.text, style };
    else spans.push({ text: token.text, style });
  }
  return { spans, endStyle: style };
}

/** Visible text of a line, without colours. */
export function plainText(text: string): string {
  if (!hasControls(text)) return text;
  let plain = '';
  for (const token of ansiTokens(text)) if (token.kind === 'text') plain += token.text;
  return plain;
}
