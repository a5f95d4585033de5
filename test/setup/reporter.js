import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * Appends each file's start and end to `ARTENIC_TEST_EVENTS` for `test/gate`, which prints the closing lines. Without
 * the gate, the reporter prints them itself.
 */
export default class Reporter {
  constructor(globalConfig) {
    this.root = globalConfig.rootDir;
    this.events = process.env['ARTENIC_TEST_EVENTS'];
    this.ended = [];
  }

  #append(event) {
    if (this.events !== undefined) appendFileSync(this.events, `${JSON.stringify(event)}\n`);
  }

  #name(path) {
    return relative(this.root, path).split(sep).join('/');
  }

  onTestFileStart(test) {
    this.#append({ kind: 'started', file: this.#name(test.path), atMs: Date.now() });
  }

  onTestFileResult(test, result) {
    const file = this.#name(test.path);
    const error = result.testExecError;
    const failure = result.testResults.find((one) => one.status === 'failed');
    const event = {
      kind: 'ended',
      result: {
        file,
        passed: result.numPassingTests,
        failed: result.numFailingTests,
        skipped: result.numPendingTests + result.numTodoTests,
        crash: error === undefined || error === null ? null : String(error.message ?? error),
        failure: failure === undefined ? null : `${failure.fullName}\n${failure.failureMessages.join('\n')}`,
      },
      wallMs: result.perfStats.runtime,
      cpuMs: this.#processorTime(file),
    };
    this.ended.push(event);
    this.#append(event);
  }

  /** The value that `test/setup/environment.js` noted in the worker. */
  #processorTime(file) {
    const path = join(process.env['ARTENIC_TEST_FOLDER'] ?? '', 'processor-times');
    if (!existsSync(path)) return null;
    const times = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return times.map((line) => JSON.parse(line)).findLast((time) => time.file === file)?.cpuMs ?? null;
  }

  async onRunComplete() {
    if (this.events !== undefined) return;
    const { slowestLines } = await import('../gate/events.ts');
    const { closingLines, verdictOf } = await import('../gate/verdict.ts');
    const verdict = verdictOf(
      this.ended.map((event) => event.result),
      [],
    );
    process.stdout.write(`\n${slowestLines(this.ended, 10)}\n${closingLines(verdict)}\n`);
  }
}
