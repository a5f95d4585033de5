/** The command's surroundings: its streams, its environment and its clock. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Width of the terminal on standard output; null for a pipe or a file. */
  readonly columns: number | null;
  /** Width of the terminal on standard error; null for a pipe or a file. */
  readonly errorColumns: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
};

/** Width that a terminal has by custom when it does not say its own. */
const customColumns = 80;

function columnsOf(stream: NodeJS.WriteStream): number | null {
  return stream.isTTY ? stream.columns || customColumns : null;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    columns: columnsOf(process.stdout),
    errorColumns: columnsOf(process.stderr),
    env: process.env,
    nowMs: Date.now,
  };
}
