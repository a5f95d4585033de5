import stringWidth from 'string-width';

const segments = new Intl.Segmenter();

/** The part of a word that fits, and the rest. A character that is wider than the room is taken all the same. */
function split(word: string, width: number): readonly [string, string] {
  let kept = '';
  for (const { segment } of segments.segment(word)) {
    if (kept !== '' && stringWidth(kept + segment) > width) break;
    kept += segment;
  }
  return [kept, word.slice(kept.length)];
}

/** Lines of at most `width` columns, broken between words, and within words that are longer. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (stringWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    let rest = word;
    while (stringWidth(rest) > width) {
      const [kept, left] = split(rest, width);
      if (left === '') break;
      lines.push(kept);
      rest = left;
    }
    line = rest;
  }
  lines.push(line);
  return lines;
}

/** At most `most` lines: the beginning and the end, where failures say their cause, with `…` between them. */
export function withoutMiddle(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  const last = Math.floor((most - 1) / 2);
  return [...lines.slice(0, most - 1 - last), '…', ...lines.slice(-last)];
}

export function padded(text: string, width: number, isRight = false): string {
  const gap = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return isRight ? gap + text : text + gap;
}
