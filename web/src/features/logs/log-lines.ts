import { ansiSpans, plainStyle, plainText, unfinishedEscapeAt, type AnsiStyle } from './ansi.ts';
import { textColumns } from './columns.ts';
import { GrowableUint32 } from './growable.ts';
import { levelOf, logLevels, type LogLevel } from './level.ts';
import { isRedrawn, settleLine } from './terminal-line.ts';

/** The runner's streams, and the platform's own messages about the job. */
export const logSources = ['setup', 'training', 'system'] as const;
export type LogSource = (typeof logSources)[number];

export type LogLine = {
  /** Never changes; the first line ever appended has id 0. */
  readonly id: number;
  readonly source: LogSource;
  /** Counted within the source from 1; null for a gap. */
  readonly number: number | null;
  readonly level: LogLevel;
  readonly text: string;
  readonly startStyle: AnsiStyle;
  /** Bytes missing at this place; 0 for a line of text. */
  readonly droppedBytes: number;
};

/** Holds back an unfinished escape until its rest arrives. */
type Decoder = { held: string; style: AnsiStyle; lines: number };

const longestText = 65_536;

/**
 * Lines of a log, outside React. Appending is cheap and notifies subscribers at once; they decide when to draw. Lines
 * are numbered by source: append a whole source before the next one if numbers must be reproducible.
 */
export class LogLines {
  readonly #maxLines: number;
  #texts: string[] = [];
  /** Source in bits 0–1, level in 2–4, gap in 5. */
  readonly #kinds = new GrowableUint32();
  readonly #numbers = new GrowableUint32();
  readonly #styles = new GrowableUint32();
  readonly #columns = new GrowableUint32();
  readonly #decoders: Record<LogSource, Decoder>;
  readonly #listeners = new Set<() => void>();
  readonly #byLevel: Record<LogLevel, number> = { error: 0, warn: 0, info: 0, debug: 0, plain: 0 };
  readonly #bySource: Record<LogSource, number> = { setup: 0, training: 0, system: 0 };
  #firstId = 0;
  #openSource: LogSource | null = null;
  #version = 0;

  /** @param options.maxLines older lines are dropped beyond this number; the server keeps the whole log */
  constructor(options: { readonly maxLines?: number } = {}) {
    this.#maxLines = options.maxLines ?? 500_000;
    const decoder = (): Decoder => ({ held: '', style: plainStyle, lines: 0 });
    this.#decoders = { setup: decoder(), training: decoder(), system: decoder() };
  }

  /** Increases with every change. */
  get version(): number {
    return this.#version;
  }

  /** Id of the oldest line still in memory. */
  get firstId(): number {
    return this.#firstId;
  }

  /** Id of the newest line plus 1. */
  get endId(): number {
    return this.#firstId + this.#texts.length;
  }

  /** First id of the lines that may still change. */
  get settledId(): number {
    return this.#openSource === null ? this.endId : this.endId - 1;
  }

  get byLevel(): Readonly<Record<LogLevel, number>> {
    return this.#byLevel;
  }

  get bySource(): Readonly<Record<LogSource, number>> {
    return this.#bySource;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Appends a page of text as received; the page may end inside a line or an escape. */
  append(source: LogSource, text: string): void {
    if (text === '') return;
    const decoder = this.#decoders[source];
    const whole = decoder.held + text;
    const end = unfinishedEscapeAt(whole);
    decoder.held = whole.slice(end);
    const body = whole.slice(0, end);
    let start = 0;
    for (let newline = body.indexOf('\n'); newline >= 0; newline = body.indexOf('\n', start)) {
      this.#add(source, body.slice(start, body.charCodeAt(newline - 1) === 0x0d ? newline - 1 : newline), true);
      start = newline + 1;
    }
    if (start < body.length) this.#add(source, body.slice(start), false);
    this.#changed();
  }

  /** Marks a place where the server dropped bytes. */
  appendGap(source: LogSource, droppedBytes: number): void {
    this.#openSource = null;
    this.#push(source, '', { level: 'plain', number: droppedBytes, isGap: true, style: plainStyle });
    this.#decoders[source].style = plainStyle;
    this.#changed();
  }

  line(id: number): LogLine {
    const at = id - this.#firstId;
    const kind = this.#kinds.at(at);
    const isGap = (kind & 32) !== 0;
    const number = this.#numbers.at(at);
    return {
      id,
      source: logSources[kind & 3] ?? 'system',
      level: this.levelAt(id),
      number: isGap ? null : number,
      text: this.#texts[at] ?? '',
      startStyle: this.#styles.at(at),
      droppedBytes: isGap ? number : 0,
    };
  }

  levelAt(id: number): LogLevel {
    return logLevels[(this.#kinds.at(id - this.#firstId) >> 2) & 7] ?? 'plain';
  }

  sourceAt(id: number): LogSource {
    return logSources[this.#kinds.at(id - this.#firstId) & 3] ?? 'system';
  }

  isGapAt(id: number): boolean {
    return (this.#kinds.at(id - this.#firstId) & 32) !== 0;
  }

  /** Columns that the line takes in a fixed-width font. */
  columnsAt(id: number): number {
    return this.#columns.at(id - this.#firstId);
  }

  plainAt(id: number): string {
    return plainText(this.#texts[id - this.#firstId] ?? '');
  }

  /** Id of a numbered line; null when the line is not in memory. */
  find(source: LogSource, number: number): number | null {
    const wanted = logSources.indexOf(source);
    for (let at = 0; at < this.#texts.length; at++) {
      const kind = this.#kinds.at(at);
      if ((kind & 3) === wanted && (kind & 32) === 0 && this.#numbers.at(at) === number) return at + this.#firstId;
    }
    return null;
  }

  #add(source: LogSource, piece: string, isWhole: boolean): void {
    const decoder = this.#decoders[source];
    if (this.#openSource === source) {
      const last = this.#texts.length - 1;
      const startStyle = this.#styles.at(last);
      const text = this.#settled((this.#texts[last] ?? '') + piece, startStyle);
      const plain = plainText(text);
      this.#recount(last, levelOf(plain, this.#previousLevel(last)));
      this.#texts[last] = text;
      this.#columns.set(last, textColumns(plain));
      decoder.style = ansiSpans(text, startStyle).endStyle;
    } else {
      const text = this.#settled(piece, decoder.style);
      const level = levelOf(plainText(text), this.#previousLevel(this.#texts.length));
      decoder.lines++;
      this.#push(source, text, { level, number: decoder.lines, isGap: false, style: decoder.style });
      decoder.style = ansiSpans(text, decoder.style).endStyle;
    }
    this.#openSource = isWhole ? null : source;
  }

  #settled(text: string, startStyle: AnsiStyle): string {
    const settled = isRedrawn(text) ? settleLine(text, startStyle) : text;
    return settled.length > longestText ? `${settled.slice(0, longestText)} …` : settled;
  }

  #previousLevel(at: number): LogLevel {
    return at === 0 ? 'plain' : this.levelAt(this.#firstId + at - 1);
  }

  #recount(at: number, level: LogLevel): void {
    this.#byLevel[this.levelAt(this.#firstId + at)]--;
    this.#byLevel[level]++;
    this.#kinds.set(at, (this.#kinds.at(at) & ~(7 << 2)) | (logLevels.indexOf(level) << 2));
  }

  #push(
    source: LogSource,
    text: string,
    line: { readonly level: LogLevel; readonly number: number; readonly isGap: boolean; readonly style: AnsiStyle },
  ): void {
    this.#texts.push(text);
    this.#kinds.push(logSources.indexOf(source) | (logLevels.indexOf(line.level) << 2) | (line.isGap ? 32 : 0));
    this.#numbers.push(line.number);
    this.#styles.push(line.style);
    this.#columns.push(textColumns(plainText(text)));
    if (line.isGap) return;
    this.#byLevel[line.level]++;
    this.#bySource[source]++;
  }

  #changed(): void {
    // Drops a tenth of the lines at once, so that the rest is moved rarely.
    if (this.#texts.length > this.#maxLines) this.#dropOldest(Math.ceil(this.#maxLines / 10));
    this.#version++;
    for (const listener of this.#listeners) listener();
  }

  #dropOldest(extra: number): void {
    const count = this.#texts.length - this.#maxLines + extra;
    for (let id = this.#firstId; id < this.#firstId + count; id++) {
      if (this.isGapAt(id)) continue;
      this.#byLevel[this.levelAt(id)]--;
      this.#bySource[this.sourceAt(id)]--;
    }
    this.#texts = this.#texts.slice(count);
    for (const column of [this.#kinds, this.#numbers, this.#styles, this.#columns]) column.dropFirst(count);
    this.#firstId += count;
  }
}
