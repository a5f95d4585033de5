import { styleText } from 'node:util';
import { formatAge, shortId } from '@artenic/core';
import type { Terminal } from '../terminal.ts';
import { printable } from './printable.ts';

/** Meaning of a colour, as in the dashboard. */
export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'muted' | 'heading';
const styles = {
  ok: 'green',
  warn: 'yellow',
  bad: 'red',
  info: 'cyan',
  muted: 'gray',
  heading: 'bold',
} as const satisfies Readonly<Record<Tone, string>>;

/** How results are shown: the room for them, colours, ids and times. */
export type Look = {
  /** Columns to fill; null when nothing is narrowed: in a pipe, in a file and with `--wide`. */
  readonly columns: number | null;
  readonly paint: (tone: Tone | null, text: string) => string;
  /** The last 8 characters on a terminal, else the whole id. */
  readonly id: (id: string) => string;
  /** `2 min ago`; a dash for a time that is not known. */
  readonly ago: (at: string | null) => string;
  readonly nowMs: number;
};

export type LookOptions = { readonly wide?: boolean; readonly color?: boolean };

/**
 * `--no-color` first, then FORCE_COLOR, then NO_COLOR (no-color.org), as Node itself does it; else colours are for
 * terminals that are able to show them.
 */
export function hasColour({ env, columns }: Terminal, { color }: LookOptions): boolean {
  if (color === false) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' && columns !== null;
}

export function createLook(terminal: Terminal, options: LookOptions = {}): Look {
  const columns = options.wide === true ? null : terminal.columns;
  const isColoured = hasColour(terminal, options);
  const nowMs = terminal.nowMs();
  return {
    columns,
    paint: (tone, text) =>
      tone === null || text === '' || !isColoured ? text : styleText(styles[tone], text, { validateStream: false }),
    id: (id) => printable(columns === null ? id : shortId(id)),
    ago: (at) => (at === null ? '–' : formatAge(at, nowMs)),
    nowMs,
  };
}
