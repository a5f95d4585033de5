import stringWidth from 'string-width';

const gap = 2;

/** Output of a command: results go to standard output, everything else to standard error. */
export type Output = {
  readonly json: boolean;
  /** A single result: a JSON document, or the text that `text` returns. */
  readonly result: (value: unknown, text: () => string) => void;
  /** A line in a stream of results. */
  readonly line: (value: unknown, text: string) => void;
  /** A message for the user. */
  readonly say: (text: string) => void;
  /** Redrawn in place on a terminal, a line each elsewhere. */
  readonly progress: (text: string) => void;
  /** Redrawn in place on a terminal, omitted elsewhere. */
  readonly meter: (text: string) => void;
  readonly endProgress: () => void;
};

export function createOutput(json: boolean): Output {
  const terminal = process.stderr.isTTY;
  let drawn = false;
  const redraw = (text: string): void => {
    process.stderr.write(`\r\u001B[K${text.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))}`);
    drawn = true;
  };
  const endProgress = (): void => {
    if (drawn) process.stderr.write('\r\u001B[K');
    drawn = false;
  };
  return {
    json,
    result: (value, text) => {
      endProgress();
      process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
    },
    line: (value, text) => {
      endProgress();
      process.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
    },
    say: (text) => {
      endProgress();
      process.stderr.write(`${text}\n`);
    },
    progress: (text) => (terminal ? redraw(text) : void process.stderr.write(`${text}\n`)),
    meter: (text) => {
      if (terminal) redraw(text);
    },
    endProgress,
  };
}

/** Escapes control characters that a terminal would act on. */
export function printable(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what it is about
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g,
    (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

const narrowest = 8;

/** Narrows the widest column until a row fits. The first column names the row, so it is narrowed last. */
function fitted(widths: readonly number[], available: number): readonly number[] {
  const fit = [...widths];
  const total = (): number => fit.reduce((sum, width) => sum + width + gap, -gap);
  for (const givers of [[...fit.keys()].slice(1), [...fit.keys()]])
    while (total() > available) {
      const widest = givers.reduce(
        (best, column) => ((fit[column] ?? 0) > (fit[best] ?? 0) ? column : best),
        givers[0] ?? 0,
      );
      if ((fit[widest] ?? 0) <= narrowest) break;
      fit[widest] = (fit[widest] ?? 0) - 1;
    }
  return fit;
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Columns as wide as their longest cell, narrowed to fit the terminal. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  available = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY,
): string {
  const all = [header, ...rows].map((row) => row.map((cell) => printable(cell).replaceAll('\n', ' ')));
  const widths = fitted(
    header.map((_, column) => Math.max(...all.map((row) => stringWidth(row[column] ?? '')))),
    available,
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => {
          const shown = cut(cell, widths[column] ?? 0);
          return column === row.length - 1
            ? shown
            : shown + ' '.repeat((widths[column] ?? 0) - stringWidth(shown) + gap);
        })
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

export function bar(fraction: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}] ${String(Math.round(fraction * 100)).padStart(3)} %`;
}

export function ago(iso: string | null): string {
  if (iso === null) return '';
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86_400)} d ago`;
}

const microsPerUsd = 1_000_000;

export function usd(micros: number): string {
  return `${(micros / microsPerUsd).toFixed(4)} USD`;
}

/** `3 min 12 s`. */
export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? '0 s' : shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
