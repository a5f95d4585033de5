import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { processesWith } from '../support/processes.ts';
import { readEvents, underWay, type RunEvent } from './events.ts';
import type { FileResult } from './verdict.ts';

export type SuiteOptions = {
  /** Folder of jest's configuration. */
  readonly root: string;
  /** Folder for the event files. */
  readonly folder: string;
  /** A file that runs longer is ended and counts as failed. */
  readonly fileTimeoutMs: number;
};

export type SuiteRun = { readonly results: readonly FileResult[]; readonly events: readonly RunEvent[] };

const jest = ['--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

/** Test files as jest finds them, relative to the root. */
export async function listFiles(root: string): Promise<string[]> {
  const child = spawn(process.execPath, [...jest, '--listTests', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ARTENIC_TEST_FILES: 'all' },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`jest cannot list its tests: exit code ${code}`);
  return (JSON.parse(out) as string[]).map((path) => path.slice(root.length + 1)).sort();
}

/** Kills a process, or a process group by its negative number. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs jest once. Ends early, with all of its processes, when a file exceeds its time. */
async function runJest(files: readonly string[], events: string, options: SuiteOptions): Promise<void> {
  rmSync(events, { force: true });
  const child = spawn(process.execPath, [...jest, '--runTestsByPath', ...files], {
    cwd: options.root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ARTENIC_TEST_EVENTS: events },
    detached: true,
  });
  const end = (): void => {
    if (child.pid !== undefined) endProcess(-child.pid);
  };
  const interrupted = (): void => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const watch = setInterval(() => {
    const now = Date.now();
    if ([...underWay(readEvents(events)).values()].some((startedMs) => now - startedMs > options.fileTimeoutMs)) end();
  }, 1000);
  await once(child, 'exit');
  clearInterval(watch);
  process.removeListener('SIGINT', interrupted).removeListener('SIGTERM', interrupted);
  // Ends processes that a killed jest leaves: workers, servers, and stacks in process groups of their own.
  end();
  for (const pid of processesWith(`ARTENIC_TEST_EVENTS=${events}`)) endProcess(pid);
}

const crashed = (file: string, crash: string): FileResult => ({
  file,
  passed: 0,
  failed: 0,
  skipped: 0,
  crash,
  failure: null,
});

/** Runs the files; if jest dies, runs the files that had not begun again, so that each file has a result. */
export async function runFiles(files: readonly string[], name: string, options: SuiteOptions): Promise<SuiteRun> {
  const results: FileResult[] = [];
  const all: RunEvent[] = [];
  let left = files;
  for (let round = 1; left.length > 0; round++) {
    const path = join(options.folder, `${name}-${round}.jsonl`);
    await runJest(left, path, options);
    const events = readEvents(path);
    all.push(...events);
    for (const event of events) if (event.kind === 'ended') results.push(event.result);
    const now = Date.now();
    const open = underWay(events);
    for (const [file, startedMs] of open)
      results.push(
        crashed(
          file,
          now - startedMs > options.fileTimeoutMs
            ? `It was not done after ${Math.round(options.fileTimeoutMs / 1000)} s.`
            : 'The test process ended while the file ran.',
        ),
      );
    const begun = new Set(results.map((result) => result.file));
    const next = left.filter((file) => !begun.has(file));
    if (next.length === left.length) {
      results.push(...next.map((file) => crashed(file, 'jest ended before the file began.')));
      break;
    }
    left = next;
  }
  return { results, events: all };
}
