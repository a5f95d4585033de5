import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { identify, isAlive } from '../../workers/up/process-identity.ts';
import { endLeftovers, Supervisor, type Component } from '../../workers/up/supervisor.ts';
import { poll } from '../support/poll.ts';

let folder = '';
let lines: string[] = [];
let processes: Readonly<Record<string, number>> = {};
const recordFile = () => join(folder, 'processes.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artenic-supervisor-'));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function newSupervisor(): Supervisor {
  return new Supervisor({
    recordFile: recordFile(),
    say: (line) => lines.push(line),
    onChange: (changed) => {
      processes = changed;
    },
  });
}

function component(name: string, script: string): Component {
  return {
    name,
    spawn: () => spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' }),
    ready: () => Promise.resolve(),
    stopSignal: 'SIGTERM',
    patienceMs: 300,
  };
}

test('a dead child is started again while the other lives on', async () => {
  const supervisor = newSupervisor();
  await supervisor.start(component('one', 'exec sleep 600'));
  await supervisor.start(component('two', 'exec sleep 600'));
  const before = { ...processes };
  process.kill(before['one'] ?? 0, 'SIGKILL');
  await poll('a new pid', 5000, () =>
    processes['one'] !== undefined && processes['one'] !== before['one'] ? true : null,
  );
  expect(processes['two']).toBe(before['two']);
  expect(lines.join('\n')).toContain('one ended (signal SIGKILL)');
  const last = Object.values(processes).map((pid) => identify(pid));
  await supervisor.stop();
  expect(last.every((one) => one !== null && !isAlive(one))).toBe(true);
});

test('a child that ignores its signal is killed after the patience', async () => {
  const supervisor = newSupervisor();
  await supervisor.start(component('stubborn', "trap '' TERM; while :; do sleep 0.05; done"));
  const identity = identify(processes['stubborn'] ?? 0);
  await supervisor.stop();
  expect(identity !== null && !isAlive(identity)).toBe(true);
});

test('children that outlived their supervisor are found by pid and start, and ended', async () => {
  const supervisor = newSupervisor();
  await supervisor.start(component('orphan', 'exec sleep 600'));
  const identity = identify(processes['orphan'] ?? 0);
  const record = readFileSync(recordFile(), 'utf8');
  expect(await endLeftovers(recordFile())).toEqual(['orphan']);
  expect(identity !== null && !isAlive(identity)).toBe(true);
  // The same pid with another start time belongs to a foreign process.
  const foreign = record.replaceAll(/"pid": \d+/g, `"pid": ${process.pid}`);
  expect(foreign).toContain(String(process.pid));
  expect(await endLeftovers(recordFile())).toEqual([]);
  await supervisor.stop();
});

test('a start that fails is told to its caller', async () => {
  const supervisor = newSupervisor();
  const broken: Component = {
    ...component('broken', 'exit 9'),
    ready: async (alive) => {
      await poll('the end', 5000, () => (alive() ? null : true));
      throw new Error('it ended before it was ready');
    },
  };
  await expect(supervisor.start(broken)).rejects.toThrow('it ended');
  await supervisor.stop();
});
