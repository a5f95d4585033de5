import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { homeAt } from '../../workers/up/home.ts';
import { knownDataFolder } from '../../workers/up/postgres/place.ts';
import { purge } from '../../workers/up/purge.ts';
import { sharedFolder } from '../../workers/up/shared-folder.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
/** Files that a clone does not contain, and large ones that are linked instead of copied. */
const notCloned = new Set(['.git', 'node_modules', '.artenic', '.artenic-tools', 'coverage']);
const tools = '.artenic-tools';
/** Only the tools that a start uses: the others may be under installation in the checkout. */
const linked = [
  'node_modules',
  ...(existsSync(join(root, tools)) ? readdirSync(join(root, tools)) : [])
    .filter((name) => /^(?:temporal|picklescan)-[\d.]+$/.test(name))
    .map((name) => join(tools, name)),
];

type User = { readonly uid: number; readonly gid: number } | null;
/** A clone after `npm ci`, in a home folder of mode 0700 that belongs to its user. */
class Clone {
  readonly home = mkdtempSync(join(tmpdir(), 'artenic-newcomer-'));
  readonly folder = join(this.home, 'artenic');
  readonly state = homeAt(join(this.folder, '.artenic'));
  readonly user: User;
  #start: ChildProcess | null = null;
  #printed = '';

  constructor(user: User) {
    this.user = user;
    cpSync(root, this.folder, { recursive: true, filter: (path) => !notCloned.has(basename(path)) || path === root });
    for (const name of linked) this.#link(name);
    if (user !== null) give(this.home, user);
    chmodSync(this.home, 0o700);
  }

  #link(name: string): void {
    if (!existsSync(join(root, name))) return;
    const to = join(this.folder, name);
    mkdirSync(dirname(to), { recursive: true });
    // On a disk other than the checkout's, files cannot be linked.
    if (spawnSync('cp', ['-RPpl', join(root, name), to]).status === 0) return;
    rmSync(to, { recursive: true, force: true });
    const { status, stderr } = spawnSync('cp', ['-RPp', join(root, name), to], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} cannot be copied: ${stderr}`);
  }

  readonly #environment = () => ({
    PATH: `${join(this.folder, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: this.home,
    LANG: 'C.UTF-8',
  });

  /** Runs `npm start` like npm does. */
  start(...args: readonly string[]): void {
    const { scripts } = JSON.parse(readFileSync(join(this.folder, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    this.#printed = '';
    this.#start = spawn('/bin/sh', ['-c', [scripts.start, ...args].join(' ')], {
      ...this.user,
      cwd: this.folder,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#start.stdout, this.#start.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#printed += chunk.toString()));
  }

  async says(words: string): Promise<string> {
    return poll(`the words "${words}"`, 240_000, () => {
      if (this.#printed.includes(words)) return this.#printed;
      if (this.#start?.exitCode !== null) throw new Error(`the start ended:\n${this.#printed}`);
      return null;
    });
  }

  async interrupt(): Promise<void> {
    if (this.#start === null || this.#start.exitCode !== null) return;
    const exited = once(this.#start, 'exit');
    this.#start.kill('SIGINT');
    await exited;
  }

  artenic(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('node', [join(this.folder, 'cli/bin.mjs'), ...args], {
      ...this.user,
      cwd: this.folder,
      env: this.#environment(),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`artenic ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** A line of PostgreSQL's process status in `/proc`. */
  postgresStatus(line: string): string {
    const { processes } = JSON.parse(readFileSync(this.state.file('endpoints.json'), 'utf8')) as {
      processes: { postgres: number };
    };
    const status = readFileSync(`/proc/${processes.postgres}/status`, 'utf8');
    return new RegExp(`^${line}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  }

  running(): readonly number[] {
    return [...processesWith(this.folder), ...processesWith(knownDataFolder(this.state))];
  }

  async remove(): Promise<void> {
    await this.interrupt();
    for (const pid of this.running()) process.kill(pid, 'SIGKILL');
    if (existsSync(this.state.folder)) await purge(this.state);
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Linked files keep their owner, because the checkout shares them. */
function give(folder: string, { uid, gid }: NonNullable<User>): void {
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) give(path, { uid, gid });
    else if (entry.isFile() && statSync(path).nlink === 1) chownSync(path, uid, gid);
  }
}

let clone: Clone | null = null;
afterEach(async () => {
  await clone?.remove();
  clone = null;
}, 60_000);

/**
 * First start, first job, Ctrl-C, second start, and `down --purge` while it runs. PostgreSQL is an ordinary process.
 */
async function walk(user: User): Promise<{ readonly first: string; readonly data: string; readonly purged: string }> {
  clone = new Clone(user);
  clone.start();
  const first = await clone.says('is in production');
  const data = knownDataFolder(clone.state);
  expect(clone.postgresStatus('Uid')).not.toMatch(/\b0\b/);
  for (const set of ['CapPrm', 'CapEff', 'CapAmb']) expect(clone.postgresStatus(set)).toMatch(/^0+$/);
  await clone.interrupt();
  expect(clone.running()).toEqual([]);
  clone.start();
  await clone.says('done at an earlier start');
  const purged = clone.artenic('down', '--purge');
  expect(existsSync(clone.state.folder)).toBe(false);
  expect(existsSync(data)).toBe(false);
  expect(processesWith(clone.folder)).toEqual([]);
  return { first, data, purged };
}

const asRoot = isRoot ? test : test.skip;

asRoot(
  'root in a home of mode 0700',
  async () => {
    const { first, data, purged } = await walk(null);
    expect(data).toMatch(/^\/var\/lib\/artenic\/[0-9a-f]{16}$/);
    expect(first).toContain(`its data is in ${data}, its programs in ${sharedFolder}/pg-`);
    expect(purged).toContain(data);
  },
  240_000,
);

test('an ordinary user in a home of mode 0700', async () => {
  const { first, data, purged } = await walk(isRoot ? nobody : null);
  expect(data).toBe(clone?.state.file('postgres'));
  expect(first).not.toContain(sharedFolder);
  expect(purged).toContain(`removed: ${clone?.state.folder}`);
}, 600_000);
