import { createProgram } from '../../cli/program.ts';
import { explain } from '../../cli/explain.ts';
import { expandJobId } from '../../cli/commands/jobs/jobs.ts';
import type { Finished } from './artenic.ts';

export type Screen = {
  /** Width of the terminal; null for a pipe. */
  readonly columns: number | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly nowMs: number;
};

/** Runs the command in this process, on a terminal of the test's size and at the test's time. */
export async function runOnScreen(
  args: readonly string[],
  { url, apiKey = 'key' }: { readonly url: string; readonly apiKey?: string },
  { columns, env = {}, nowMs }: Screen,
): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  const terminal = {
    out: (text: string) => void (stdout += text),
    err: (text: string) => void (stderr += text),
    ...{ columns, errorColumns: null, env, nowMs: () => nowMs },
  };
  const words = ['--url', url, '--api-key', apiKey, ...expandJobId(args)];
  try {
    await createProgram(new AbortController().signal, terminal).parseAsync(words, { from: 'user' });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    const { exitCode, lines } = explain(error, false);
    return { exitCode, stdout, stderr: stderr + lines.map((line) => `artenic: ${line}\n`).join('') };
  }
}
