import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ArtenicError } from '../../core/errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { PickleReport } from './pickle-verdict.ts';
import { rejected } from './rejected.ts';

const program = fileURLToPath(new URL('../picklescan/scan.py', import.meta.url));
/** Made by `scripts/picklescan.mjs`. */
const library = fileURLToPath(new URL('../../.artenic-tools/picklescan-1.0.5', import.meta.url));

/** Every pickle begins with an opcode that needs no earlier values. */
const firstCodes = new Set(
  Array.from('(]})NKMJGIFLVSTUXBC\x80\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97cPgijhq', (code) =>
    code.charCodeAt(0),
  ),
);

export function mayBePickle(head: Uint8Array): boolean {
  return firstCodes.has(head[0] ?? 0);
}

/** Settles the pending question; null when the process has ended without an answer. */
type Waiter = (line: string | Error | null) => void;

/** Runs picklescan in a separate process, which starts with the first question. It answers one question after the other. */
export class PickleScanner {
  #child: ChildProcess | null = null;
  #waiter: Waiter = () => undefined;
  #isMissing = false;
  /** Settles when the process has answered all questions so far. */
  #answered: Promise<unknown> = Promise.resolve();

  /** Known after the first question. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Scans the bytes for pickles. @throws ArtenicError `model-rejected`, also when they cannot be scanned */
  look(source: ByteSource): Promise<PickleReport> {
    const report = this.#answered.then(() => this.#ask(source));
    this.#answered = report.catch(() => undefined);
    return report;
  }

  async #ask(source: ByteSource): Promise<PickleReport> {
    const { stdin } = (this.#child ??= this.#start());
    const answer = new Promise<string | Error | null>((resolve) => {
      this.#waiter = resolve;
    });
    const { place, size } = source;
    const question = place === null ? { bytes: size } : { path: place.path, start: place.start, length: size };
    stdin?.write(`${JSON.stringify(question)}\n`);
    if (place === null) stdin?.write(await source.read(0, size));
    const line = await answer;
    if (typeof line === 'string') return JSON.parse(line) as PickleReport;
    this.close();
    throw line ?? rejected('Its pickles cannot be searched.');
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #missing(): ArtenicError {
    this.#isMissing = true;
    return rejected(
      'Python pickles are not taken here: they are searched by python3 and picklescan, which are missing.',
    );
  }

  #start(): ChildProcess {
    if (!existsSync(library)) throw this.#missing();
    const child = spawn('python3', ['-I', '-S', program, library, String(process.pid)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      env: { PATH: process.env['PATH'] },
    });
    child.stdin.on('error', () => {
      // The process has ended; the missing answer reports that.
    });
    child.on('error', () => this.#waiter(this.#missing()));
    createInterface({ input: child.stdout })
      .on('line', (line) => this.#waiter(line))
      .on('close', () => {
        if (this.#child === child) this.#waiter(null);
      });
    return child;
  }
}
