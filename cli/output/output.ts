import type { Look } from './look.ts';
import type { Terminal } from '../terminal.ts';
import { wrap } from './wrap.ts';

/** Output of a command: results go to standard output, everything else to standard error. */
export type Output = {
  readonly json: boolean;
  /** A single result: a JSON document, or the text that `text` returns. */
  readonly result: (value: unknown, text: (look: Look) => string) => void;
  /** A line in a stream of results. */
  readonly line: (value: unknown, text: string) => void;
  /** A message for the user. */
  readonly say: (text: string) => void;
  /** Commands and links that are useful after this one; left out with `--json`. */
  readonly next: (steps: readonly NextStep[]) => void;
  /** Redrawn in place on a terminal, a line each elsewhere. */
  readonly progress: (text: string) => void;
  /** Redrawn in place on a terminal, omitted elsewhere. */
  readonly meter: (text: string) => void;
  readonly endProgress: () => void;
};
/** A purpose, and the command or link for it. */
export type NextStep = readonly [purpose: string, what: string];

export function createOutput(json: boolean, terminal: Terminal, look: () => Look): Output {
  const { errorColumns } = terminal;
  let drawn = false;
  const redraw = (text: string, columns: number): void => {
    const [line = ''] = wrap(text, Math.max(20, columns - 1));
    terminal.err(`\r\u001B[K${line}`);
    drawn = true;
  };
  const endProgress = (): void => {
    if (drawn) terminal.err('\r\u001B[K');
    drawn = false;
  };
  return {
    json,
    result: (value, text) => {
      endProgress();
      terminal.out(json ? `${JSON.stringify(value, null, 2)}\n` : `${text(look())}\n`);
    },
    line: (value, text) => {
      endProgress();
      terminal.out(json ? `${JSON.stringify(value)}\n` : text);
    },
    say: (text) => {
      endProgress();
      terminal.err(`${text}\n`);
    },
    next: (steps) => {
      endProgress();
      if (json || steps.length === 0) return;
      const widest = Math.max(...steps.map(([purpose]) => purpose.length));
      terminal.err(`\n${steps.map(([purpose, what]) => `${purpose.padEnd(widest)}  ${what}`).join('\n')}\n`);
    },
    progress: (text) => (errorColumns === null ? terminal.err(`${text}\n`) : redraw(text, errorColumns)),
    meter: (text) => {
      if (errorColumns !== null) redraw(text, errorColumns);
    },
    endProgress,
  };
}

export function bar(fraction: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}] ${String(Math.round(fraction * 100)).padStart(3)} %`;
}
