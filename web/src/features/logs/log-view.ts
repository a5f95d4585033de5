import { GrowableUint32 } from './growable.ts';
import type { LogLevel } from './level.ts';
import type { LogLines, LogSource } from './log-lines.ts';

/** Hidden kinds of lines. Gaps are always shown, so that missing output is never hidden. */
export type LogFilter = {
  readonly hiddenLevels: ReadonlySet<LogLevel>;
  readonly hiddenSources: ReadonlySet<LogSource>;
};

export const noFilter: LogFilter = { hiddenLevels: new Set(), hiddenSources: new Set() };

/** The lines that pass a filter, by row. `sync` keeps the view up to date and reads new lines only. */
export class LogView {
  readonly lines: LogLines;
  readonly #filter: LogFilter;
  readonly #isOpen: boolean;
  readonly #ids = new GrowableUint32();
  #scannedTo = 0;
  #firstRow = 0;

  constructor(lines: LogLines, filter: LogFilter) {
    this.lines = lines;
    this.#filter = filter;
    this.#isOpen = filter.hiddenLevels.size === 0 && filter.hiddenSources.size === 0;
    this.sync();
  }

  sync(): void {
    if (this.#isOpen) return;
    const { lines } = this;
    // The level of the unfinished line may have changed.
    const settled = Math.min(this.#scannedTo, lines.settledId);
    this.#ids.truncate(this.#ids.lowerBound(settled));
    for (let id = Math.max(settled, lines.firstId); id < lines.endId; id++) {
      if (this.#lets(id)) this.#ids.push(id);
    }
    this.#scannedTo = lines.settledId;
    this.#firstRow = this.#ids.lowerBound(lines.firstId);
  }

  get length(): number {
    return this.#isOpen ? this.lines.endId - this.lines.firstId : this.#ids.length - this.#firstRow;
  }

  idAt(row: number): number {
    return this.#isOpen ? this.lines.firstId + row : this.#ids.at(this.#firstRow + row);
  }

  /** Row of a line, or of the next shown line. */
  rowOf(id: number): number {
    if (this.#isOpen) return Math.max(0, id - this.lines.firstId);
    return Math.max(0, this.#ids.lowerBound(id) - this.#firstRow);
  }

  shows(id: number): boolean {
    return id >= this.lines.firstId && id < this.lines.endId && this.#lets(id);
  }

  #lets(id: number): boolean {
    const { lines } = this;
    if (lines.isGapAt(id)) return true;
    return !this.#filter.hiddenLevels.has(lines.levelAt(id)) && !this.#filter.hiddenSources.has(lines.sourceAt(id));
  }
}

/** Text of rows, each on its own line, for copying and downloading. */
export function textOfRows(view: LogView, from = 0, to: number = view.length): string {
  const rows: string[] = [];
  for (let row = from; row < to; row++) {
    const id = view.idAt(row);
    if (!view.lines.isGapAt(id)) rows.push(view.lines.plainAt(id));
  }
  return rows.length === 0 ? '' : `${rows.join('\n')}\n`;
}
