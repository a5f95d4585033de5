import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ModernFakeTimers } from '@jest/fake-timers';
import { TestEnvironment } from 'jest-environment-node';

const ticksPerSecond = 100;

/** Processor time in ms of each process including its ended children, by pid; proc(5) documents the fields. */
function readProcesses() {
  const processes = new Map();
  let names = [];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  for (const name of names) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      processes.set(Number(name), { parent: Number(fields[1]), ms: (ticks * 1000) / ticksPerSecond });
    } catch {
      // The process has ended.
    }
  }
  return processes;
}

/** Processor time of this worker, its living descendants, and descendants that have ended and been waited for. */
function processorMs() {
  const processes = readProcesses();
  if (processes === null) return null;
  const isOurs = (pid) => {
    for (let at = pid; at > 1; at = processes.get(at)?.parent ?? 0) if (at === process.pid) return true;
    return false;
  };
  return [...processes].reduce((sum, [pid, { ms }]) => (isOurs(pid) ? sum + ms : sum), 0);
}

/**
 * Node's environment, which also notes each file's processor time: a much longer wall time means that the file waits.
 */
export default class Environment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    // Tests run in Node's own realm: its timers are those that a test replaces.
    this.fakeTimersModern = new ModernFakeTimers({ config: config.projectConfig, global: globalThis });
    this.file = relative(config.globalConfig.rootDir, context.testPath).split(sep).join('/');
  }

  async setup() {
    await super.setup();
    this.startedMs = processorMs();
  }

  async teardown() {
    const endedMs = processorMs();
    const folder = process.env['ARTENIC_TEST_FOLDER'];
    if (folder !== undefined && endedMs !== null && this.startedMs !== null)
      appendFileSync(
        join(folder, 'processor-times'),
        `${JSON.stringify({ file: this.file, cpuMs: endedMs - this.startedMs })}\n`,
      );
    await super.teardown();
  }
}
