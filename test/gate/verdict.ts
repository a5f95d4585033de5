/** Verdict over the runs of the suite. Pure functions, so that every case is tested in milliseconds. */

/** How a run of a test file ended. A file that crashed or exceeded its time has counts of zero and a `crash`. */
export type FileResult = {
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the file ended without the results of its tests. */
  readonly crash: string | null;
  /** Text of the file's first failure. */
  readonly failure: string | null;
};

const mostFlakyFiles = 3;

export type Verdict = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Files that failed at first, and passed alone. */
  readonly flaky: readonly FileResult[];
  /** Files that failed twice; all failed files when more than `mostFlakyFiles` are flaky. */
  readonly broken: readonly FileResult[];
};

export const hasFailed = (result: FileResult): boolean => result.failed > 0 || result.crash !== null;

/** Merges the first run with the second run of the failed files. With too many flaky files the first run counts. */
export function verdictOf(first: readonly FileResult[], second: readonly FileResult[]): Verdict {
  const again = new Map(second.map((result) => [result.file, result]));
  const flaky = first.filter((result) => {
    const repeated = again.get(result.file);
    return hasFailed(result) && repeated !== undefined && !hasFailed(repeated);
  });
  const tooMany = flaky.length > mostFlakyFiles;
  const final = tooMany ? first : first.map((result) => again.get(result.file) ?? result);
  const sum = (count: (result: FileResult) => number): number => final.reduce((all, result) => all + count(result), 0);
  return {
    passed: sum((result) => result.passed),
    failed: sum((result) => result.failed + (result.crash === null ? 0 : 1)),
    skipped: sum((result) => result.skipped),
    flaky,
    broken: final.filter(hasFailed),
  };
}

const indented = (text: string): string =>
  text
    .trim()
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');

/** Closing lines of the output: each flaky file with its first failure, then the counts. */
export function closingLines(verdict: Verdict): string {
  const lines = verdict.flaky.map(
    (result) => `flaky: ${result.file}\n${indented(result.failure ?? result.crash ?? '')}`,
  );
  if (verdict.flaky.length > mostFlakyFiles)
    lines.push(
      `${verdict.flaky.length} flaky files, at most ${mostFlakyFiles} are allowed: the failures of the first run count`,
    );
  for (const result of verdict.broken) lines.push(`failed: ${result.file}`);
  lines.push(`${verdict.passed} passed, ${verdict.failed} failed, ${verdict.skipped} skipped`);
  return lines.join('\n');
}
