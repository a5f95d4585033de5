import type { AnsiSpan, AnsiStyle } from './ansi.ts';
import type { MatchRange } from './log-search.ts';

/** A span of equal style; `match` is the index of its search match, -1 for none. */
export type LogPiece = { readonly text: string; readonly style: AnsiStyle; readonly match: number };

/** Splits coloured spans at the borders of search matches. `ranges` are sorted and do not overlap. */
export function piecesOf(spans: readonly AnsiSpan[], ranges: readonly MatchRange[]): readonly LogPiece[] {
  if (ranges.length === 0) return spans.map((span) => ({ ...span, match: -1 }));
  const pieces: LogPiece[] = [];
  let offset = 0;
  let next = 0;
  for (const { text, style } of spans) {
    let at = 0;
    while (at < text.length) {
      while (next < ranges.length && (ranges[next]?.end ?? 0) <= offset + at) next++;
      const range = ranges[next];
      const isInside = range !== undefined && range.start <= offset + at;
      const border = range === undefined ? Infinity : (isInside ? range.end : range.start) - offset;
      const end = Math.min(text.length, border);
      pieces.push({ text: text.slice(at, end), style, match: isInside ? next : -1 });
      at = end;
    }
    offset += text.length;
  }
  return pieces;
}
