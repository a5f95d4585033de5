import { GrowableUint32 } from './growable.ts';
import type { LogView } from './log-view.ts';

/** Enough to step through; beyond this the count is shown as "more". */
const mostMatches = 100_000;

export function searchPattern(query: string): RegExp | null {
  if (query === '') return null;
  return new RegExp(query.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'), 'giu');
}

export type MatchRange = { readonly start: number; readonly end: number };

export function matchesIn(text: string, pattern: RegExp): readonly MatchRange[] {
  const ranges: MatchRange[] = [];
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    ranges.push({ start: found.index, end: found.index + found[0].length });
    if (found[0] === '') pattern.lastIndex++;
  }
  return ranges;
}

/** All matches of a text in the shown lines (ignoring case), in order. The search advances in small steps. */
export class LogSearch {
  readonly #view: LogView;
  readonly #pattern: RegExp;
  readonly #ids = new GrowableUint32();
  /** Index of each match within its line. */
  readonly #ordinals = new GrowableUint32();
  #nextId = 0;

  constructor(view: LogView, pattern: RegExp) {
    this.#view = view;
    this.#pattern = pattern;
  }

  get count(): number {
    return this.#ids.length;
  }

  get isCapped(): boolean {
    return this.#ids.length >= mostMatches;
  }

  /** Searches up to `lines` more lines. @returns whether all lines have been searched */
  advance(lines: number): boolean {
    const { lines: log } = this.#view;
    if (this.#nextId > log.settledId) {
      this.#nextId = log.settledId;
      const kept = this.#ids.lowerBound(log.settledId);
      this.#ids.truncate(kept);
      this.#ordinals.truncate(kept);
    }
    const from = this.#view.rowOf(Math.max(this.#nextId, log.firstId));
    const to = Math.min(this.#view.length, from + lines);
    for (let row = from; row < to && !this.isCapped; row++) this.#look(this.#view.idAt(row));
    const isDone = to >= this.#view.length || this.isCapped;
    this.#nextId = isDone ? log.endId : this.#view.idAt(to);
    return isDone;
  }

  /** Line id of a match, whose index counts from 0. */
  idAt(match: number): number {
    return this.#ids.at(match);
  }

  /** Index of a match within its line, from 0. */
  ordinalAt(match: number): number {
    return this.#ordinals.at(match);
  }

  /** First match in or after a line; the first of all when none follows; -1 when there is no match. */
  firstFrom(id: number): number {
    if (this.count === 0) return -1;
    const match = this.#ids.lowerBound(id);
    return match < this.count ? match : 0;
  }

  /** Next or previous match; wraps around at the ends. */
  step(match: number, by: 1 | -1): number {
    return this.count === 0 ? -1 : (match + by + this.count) % this.count;
  }

  #look(id: number): void {
    const found = matchesIn(this.#view.lines.plainAt(id), this.#pattern).length;
    for (let ordinal = 0; ordinal < found && !this.isCapped; ordinal++) {
      this.#ids.push(id);
      this.#ordinals.push(ordinal);
    }
  }
}
