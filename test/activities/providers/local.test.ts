import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bootstrapSchema } from '@artenic/core';
import { removeTree } from '../../../activities/providers/local/files.ts';
import { processTable } from '../../../activities/providers/local/processes.ts';
import { removeOldInstances } from '../../../activities/providers/local/old-instances.ts';
import { createLocalProvider, type LocalProviderOptions } from '../../../activities/providers/local/provider.ts';
import type { InstanceHandle, LaunchRequest, Provider } from '../../../activities/providers/provider.ts';
import { launchRequest, secret } from '../../conformance/launch-request.ts';
import { describeProviderConformance } from '../../conformance/provider.ts';
import { poll } from '../../support/poll.ts';
import { processesWith } from '../../support/processes.ts';

const runnerEntry = fileURLToPath(new URL('./scripted-runner.mjs', import.meta.url));
const patienceMs = 20_000;

type Begun = { readonly attemptId: string; readonly environment: Record<string, string>; readonly cwd: string };
type InstanceRecord = { readonly pid: number; readonly startedAt: string; readonly bootId: string };

/** A home with the provider, and the instances' own view. */
class LocalWorld {
  readonly home: string;
  constructor(home: string) {
    this.home = home;
  }

  static async make(): Promise<LocalWorld> {
    const world = new LocalWorld(await mkdtemp(join(tmpdir(), 'artenic-local-')));
    await mkdir(world.objects);
    return world;
  }

  get objects(): string {
    return join(this.home, 'objects');
  }

  open(options: Partial<LocalProviderOptions> = {}): Provider {
    return createLocalProvider({
      home: this.home,
      runnerEntry,
      nodePath: process.execPath,
      cacheDir: join(this.home, 'cache'),
      vcpu: 4,
      nvidiaSmi: join(this.home, 'no-nvidia-smi'),
      ...options,
    });
  }

  request(attemptId: string): LaunchRequest {
    const offer = { provider: 'local', region: 'local', instanceType: 'local', spot: false, priceUsdMicrosPerHour: 0 };
    return { ...launchRequest(attemptId, offer, this.objects), needs: { vcpu: 1, memoryGib: 0.1, gpus: 0 } };
  }

  /** A folder with an `ln` that takes a second, so that an instance's record appears late. */
  async slowLinks(): Promise<string> {
    const folder = join(this.home, 'slow');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'ln'), '#!/bin/sh\nsleep 1\nexec /bin/ln "$@"\n', { mode: 0o755 });
    return folder;
  }

  async begun(attemptId: string): Promise<readonly Begun[]> {
    const text = await readFile(join(this.objects, 'begun'), 'utf8').catch(() => '');
    const all = text.split('\n').filter((line) => line.endsWith('}'));
    return all.map((line) => JSON.parse(line) as Begun).filter((one) => one.attemptId === attemptId);
  }

  beginning(attemptId: string): Promise<Begun> {
    return poll(`${attemptId} to begin`, patienceMs, async () => (await this.begun(attemptId))[0] ?? null);
  }

  file(handle: InstanceHandle, name: string): string {
    return join(this.home, 'instances', handle.instanceId, name);
  }

  async record(handle: InstanceHandle): Promise<InstanceRecord> {
    return JSON.parse(await readFile(this.file(handle, 'record.json'), 'utf8')) as InstanceRecord;
  }

  async killRunner(handle: InstanceHandle): Promise<void> {
    process.kill((await this.record(handle)).pid, 'SIGKILL');
  }

  async close(): Promise<void> {
    const left = processesWith(this.home);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await rm(this.home, { recursive: true, force: true });
    expect(left).toEqual([]);
  }
}

async function goneOf(provider: Provider, handle: InstanceHandle) {
  return poll(`${handle.attemptId} to be gone`, patienceMs, async () => {
    const description = await provider.describe(handle);
    return description.state === 'gone' ? description : null;
  });
}

describeProviderConformance('local', async () => {
  const world = await LocalWorld.make();
  return {
    provider: world.open(),
    reopen: () => world.open(),
    request: (attemptId) => world.request(attemptId),
    secret,
    impossibleNeeds: { vcpu: 5, memoryGib: 0.1, gpus: 0 },
    begun: async (attemptId) => (await world.begun(attemptId)).length,
    endByItself: (handle) => world.killRunner(handle),
    breakState: async (handle) => {
      await writeFile(world.file(handle, 'record.json'), '{"state":"hibernating"}');
    },
    launchWithoutAnswer: async (request) => {
      const { PATH = '' } = process.env;
      process.env['PATH'] = `${await world.slowLinks()}:${PATH}`;
      try {
        await world.open({ launchTimeoutMs: 50 }).launch(request);
      } finally {
        process.env['PATH'] = PATH;
      }
    },
    close: () => world.close(),
  };
});

describe('local', () => {
  let world: LocalWorld;
  let provider: Provider;
  beforeAll(async () => {
    world = await LocalWorld.make();
    provider = world.open();
  });
  afterAll(() => world.close());

  test('hands the runner its bootstrap in a private file', async () => {
    const handle = await provider.launch(world.request('private/attempt-1'));
    await world.beginning('private/attempt-1');
    const path = world.file(handle, 'bootstrap.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const bootstrap = bootstrapSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    expect(bootstrap).toMatchObject({ attemptId: 'private/attempt-1', bootstrapToken: secret });
    expect(bootstrap.cacheDir).toBe(join(world.home, 'cache'));
    expect((await stat(bootstrap.workDir)).mode & 0o777).toBe(0o700);
    await provider.terminate(handle);
  });

  test('hands on no variable of the platform', async () => {
    process.env['ARTENIC_KEY_PEPPER'] = 'planted';
    process.env['DATABASE_URL'] = 'postgresql://planted';
    try {
      const handle = await provider.launch(world.request('clean/attempt-1'));
      const { environment, cwd } = await world.beginning('clean/attempt-1');
      expect(JSON.stringify(environment)).not.toContain('planted');
      expect(environment['PATH']).toBe(process.env['PATH']);
      expect(environment).toMatchObject({ ARTENIC_ATTEMPT_ID: 'clean/attempt-1', ARTENIC_INSTANCE: cwd });
      await provider.terminate(handle);
    } finally {
      delete process.env['ARTENIC_KEY_PEPPER'];
      delete process.env['DATABASE_URL'];
    }
  });

  test('frees the disk when the instance is gone, but for its record and console', async () => {
    const handle = await provider.launch(world.request('disk/attempt-1'));
    await world.beginning('disk/attempt-1');
    await writeFile(world.file(handle, 'work/large'), 'x');
    await provider.terminate(handle);
    const left = await readdir(world.file(handle, '.'));
    expect(left.toSorted()).toEqual([
      'alive',
      'ended.json',
      'instance.json',
      'record.json',
      'runner.log',
      'terminate-requested',
    ]);
  });

  test('its folder goes a day behind its end, when its attempt is settled', async () => {
    const handle = await provider.launch(world.request('old/attempt-1'));
    await world.beginning('old/attempt-1');
    const asked: string[] = [];
    const folderThere = async () => (await readdir(join(world.home, 'instances'))).includes(handle.instanceId);
    const remove = (endedBefore: Date, unsettled: readonly string[] = []) =>
      removeOldInstances({
        ...{ home: world.home, endedBefore, undeliveredBefore: new Date(0) },
        unsettled: (ids) => {
          asked.push(...ids);
          return Promise.resolve(new Set(unsettled));
        },
      });
    const later = new Date(Date.now() + 60_000);
    await remove(later);
    expect([asked.includes('old/attempt-1'), await folderThere()]).toEqual([false, true]);
    await provider.terminate(handle);
    await remove(new Date(Date.now() - 60_000));
    await remove(later, ['old/attempt-1']);
    expect([asked.includes('old/attempt-1'), await folderThere()]).toEqual([true, true]);
    expect(await remove(later)).toBeGreaterThan(0);
    expect(await folderThere()).toBe(false);
    expect(await provider.find('old/attempt-1')).toBeNull();
  });

  test('says `gone` after kill -9 of the runner, ended by itself, when the training has gone with it', async () => {
    const handle = await provider.launch(world.request('parent/attempt-1'));
    await world.beginning('parent/attempt-1');
    expect(processesWith(handle.instanceId)).toHaveLength(2);
    await world.killRunner(handle);
    const { endedBy } = await goneOf(provider, handle);
    expect(endedBy).toBe('itself');
    expect(processesWith(handle.instanceId)).toEqual([]);
  });

  test('ends processes that left the group, and those that come while it ends them', async () => {
    const handle = await provider.launch(world.request('breeding/attempt-1'));
    await poll('a litter', patienceMs, () => (processesWith(handle.instanceId).length > 10 ? true : null));
    await provider.terminate(handle);
    expect(await provider.describe(handle)).toMatchObject({ state: 'gone', endedBy: 'request' });
    expect(processesWith(handle.instanceId)).toEqual([]);
  });

  test('ends what is left of a runner that ended in order', async () => {
    const handle = await provider.launch(world.request('brief/attempt-1'));
    expect((await goneOf(provider, handle)).endedBy).toBe('itself');
  });

  test('begins one runner, whenever the process that launches is killed', async () => {
    const url = new URL('../../../activities/providers/local/provider.ts', import.meta.url);
    for (const delayMs of [0, 2, 5, 10, 20]) {
      const id = `crash-${delayMs}/attempt-1`;
      const program = `
        const { createLocalProvider } = await import(${JSON.stringify(url.href)});
        const provider = createLocalProvider(${JSON.stringify({
          ...{ home: world.home, runnerEntry, nodePath: process.execPath, cacheDir: world.home, nvidiaSmi: '/nowhere' },
        })});
        void provider.launch(${JSON.stringify(world.request(id))});
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${delayMs});`;
      const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
      await once(launcher, 'exit');
      expect(launcher.signalCode).toBe('SIGKILL');
      const handle = await provider.launch(world.request(id));
      await world.beginning(id);
      await provider.terminate(handle);
      expect(await world.begun(id)).toHaveLength(1);
    }
  }, 60_000);

  test('never begins what was terminated while it was being launched', async () => {
    for (let round = 0; round < 5; round++) {
      const id = `late-${round}/attempt-1`;
      const hasty = world.open({ launchTimeoutMs: 0 });
      await hasty.launch(world.request(id)).catch(() => undefined);
      const [claimed] = (await provider.list()).filter(({ handle }) => handle.attemptId === id);
      if (claimed === undefined) throw new Error('a launch under way must be listed');
      await provider.terminate(claimed.handle);
      expect(await provider.describe(claimed.handle)).toMatchObject({ state: 'gone', endedBy: 'request' });
      expect(await provider.launch(world.request(id))).toEqual(claimed.handle);
      expect(processesWith(claimed.handle.instanceId)).toEqual([]);
    }
  });

  test('leaves a process alone that has got the pid of a runner that ended', async () => {
    const handle = await provider.launch(world.request('reused/attempt-1'));
    await world.beginning('reused/attempt-1');
    const record = await world.record(handle);
    await world.killRunner(handle);
    const bystander = spawn('sleep', ['300'], { stdio: 'ignore', detached: true });
    try {
      await writeFile(world.file(handle, 'record.json'), JSON.stringify({ ...record, pid: bystander.pid }));
      await provider.terminate(handle);
      expect(await provider.describe(handle)).toMatchObject({ state: 'gone', endedBy: 'itself' });
      expect(bystander.signalCode).toBeNull();
    } finally {
      bystander.kill('SIGKILL');
      await once(bystander, 'exit');
    }
  });

  test('knows that a runner from before a restart of the machine is gone', async () => {
    const handle = await provider.launch(world.request('reboot/attempt-1'));
    await world.beginning('reboot/attempt-1');
    await world.killRunner(handle);
    const alike = { ...(await identityOfThis()), bootId: 'another boot' };
    await writeFile(world.file(handle, 'record.json'), JSON.stringify(alike));
    expect((await goneOf(provider, handle)).endedBy).toBe('itself');
  });

  test('does not touch the same attempt of another stack', async () => {
    const other = await LocalWorld.make();
    try {
      const theirs = await other.open().launch(other.request('shared/attempt-1'));
      const ours = await provider.launch(world.request('shared/attempt-1'));
      await Promise.all([world.beginning('shared/attempt-1'), other.beginning('shared/attempt-1')]);
      await provider.terminate(ours);
      expect((await provider.describe(ours)).state).toBe('gone');
      expect((await other.open().describe(theirs)).state).toBe('running');
      await other.open().terminate(theirs);
    } finally {
      await other.close();
    }
  });

  test('in another container on the same home a living runner is left alone, and a dead one is gone', async () => {
    const elsewhere = world.open({
      table: { ...processTable(), pidNamespace: () => 'pid:[1]', isAlive: async () => false, find: async () => [] },
    });
    const handle = await provider.launch(world.request('shared/attempt-2'));
    await world.beginning('shared/attempt-2');
    expect(await elsewhere.launch(world.request('shared/attempt-2'))).toEqual(handle);
    for (const call of [elsewhere.describe(handle), elsewhere.terminate(handle)])
      await expect(call).rejects.toMatchObject({ type: 'transient' });
    expect((await elsewhere.list()).map(({ state }) => state)).toEqual(['running']);
    expect((await provider.describe(handle)).state).toBe('running');
    await world.killRunner(handle);
    // As after the restart of a container: its processes are invisible, and the lock is free.
    const endedBy = await poll('the lock to be free', patienceMs, () =>
      elsewhere.describe(handle).then(
        (found) => (found.state === 'gone' ? found.endedBy : null),
        () => null,
      ),
    );
    expect(endedBy).toBe('itself');
    expect(processesWith(handle.instanceId)).toEqual([]);
  });

  test('a record of an earlier release, which names no container, is still believed', async () => {
    const handle = await provider.launch(world.request('older/attempt-1'));
    await world.beginning('older/attempt-1');
    const { pid, startedAt, bootId } = await world.record(handle);
    await writeFile(world.file(handle, 'record.json'), JSON.stringify({ pid, startedAt, bootId }));
    const older = { ...handle, region: 'local' };
    expect((await provider.describe(older)).state).toBe('running');
    await provider.terminate(older);
    expect((await provider.describe(older)).state).toBe('gone');
  });

  test('still finds the processes when somebody has removed the folder', async () => {
    const handle = await provider.launch(world.request('removed/attempt-1'));
    await world.beginning('removed/attempt-1');
    await rm(world.file(handle, '.'), { recursive: true });
    expect((await provider.describe(handle)).state).toBe('running');
    await provider.terminate(handle);
    await expect(provider.describe(handle)).rejects.toMatchObject({ type: 'not-found' });
    expect(processesWith(handle.instanceId)).toEqual([]);
  });

  test('shows the last 64 KiB of the console', async () => {
    const handle = await provider.launch(world.request('chatty/attempt-1'));
    await world.beginning('chatty/attempt-1');
    const text = await provider.console(handle);
    expect(text).toHaveLength(64 * 1024);
    expect(text).toMatch(/x the end\n$/);
    await provider.terminate(handle);
  });

  test('refuses ids that no environment can hold, and other offers', async () => {
    const refusal = { type: 'invalid-request' };
    for (const id of ['', 'a\0b', '\ud800']) {
      await expect(provider.launch(world.request(id))).rejects.toMatchObject(refusal);
    }
    const request = world.request('other/attempt-1');
    const offer = { ...request.offer, instanceType: 'p5.48xlarge' };
    await expect(provider.launch({ ...request, offer })).rejects.toMatchObject(refusal);
  });

  test('is not usable, and says why, without a runner or a writable home', async () => {
    const noRunner = await world.open({ runnerEntry: join(world.home, 'no-runner.ts') }).check();
    expect(noRunner).toMatchObject({ usable: false, message: expect.stringContaining('no-runner.ts'), capacity: null });
    const file = join(world.home, 'a-file');
    await writeFile(file, '');
    expect(await world.open({ home: file }).check()).toMatchObject({ usable: false, capacity: null });
    const failing = world.open({ home: file }).launch(world.request('any/attempt-1'));
    await expect(failing).rejects.toMatchObject({ type: 'transient' });
  });

  test('counts the GPUs that nvidia-smi names', async () => {
    const nvidiaSmi = join(world.home, 'nvidia-smi');
    await writeFile(nvidiaSmi, '#!/bin/sh\necho "NVIDIA A100-SXM4-80GB"\necho "NVIDIA A100-SXM4-80GB"\n');
    await chmod(nvidiaSmi, 0o755);
    const withGpus = world.open({ nvidiaSmi });
    const { capacity, message } = await withGpus.check();
    expect(capacity).toMatchObject({ vcpu: 4, gpus: 2, gpuType: 'NVIDIA A100-SXM4-80GB' });
    expect(message).toContain('2 × NVIDIA A100-SXM4-80GB');
    const query = { needs: { vcpu: 1, memoryGib: 0, gpus: 2 }, regions: [], spot: false };
    expect(await withGpus.offers({ ...query, gpuType: 'A100-80GB' })).toHaveLength(1);
    expect(await withGpus.offers({ ...query, gpuType: 'A100-40GB' })).toEqual([]);
    await writeFile(nvidiaSmi, '#!/bin/sh\necho "no driver" >&2\nexit 9\n');
    const broken = await world.open({ nvidiaSmi }).check();
    expect(broken).toMatchObject({ usable: true, message: expect.stringContaining('nvidia-smi fails') });
    expect(broken.capacity?.gpus).toBe(0);
  });

  test('finds processes by `ps` where there is no /proc', async () => {
    const handle = await provider.launch(world.request('parent/attempt-2'));
    const { cwd: folder } = await world.beginning('parent/attempt-2');
    const portable = processTable('darwin');
    const marks = { attemptId: 'parent/attempt-2', folder };
    const pids = (found: readonly { readonly pid: number }[]) => new Set(found.map(({ pid }) => pid));
    const found = await portable.find(marks);
    expect(found).toHaveLength(2);
    expect(pids(found)).toEqual(pids(await processTable('linux').find(marks)));
    expect(await portable.find({ ...marks, attemptId: 'parent/attempt-22' })).toEqual([]);
    expect(await portable.find({ ...marks, folder: '/elsewhere' })).toEqual([]);
    for (const identity of found) expect(await portable.isAlive(identity)).toBe(true);
    await provider.terminate(handle);
    for (const identity of found) expect(await portable.isAlive(identity)).toBe(false);
  });

  test('removes a tree that its owner has made read-only', async () => {
    const tree = join(world.home, 'read-only');
    await mkdir(join(tree, 'deep'), { recursive: true });
    await writeFile(join(tree, 'deep', 'file'), 'x');
    await chmod(join(tree, 'deep'), 0o500);
    await removeTree(tree);
    await expect(stat(tree)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(removeTree(tree)).resolves.toBeUndefined();
  });
});

/** A living process, in the form in which a record names it. */
async function identityOfThis(): Promise<{ readonly pid: number; readonly startedAt: string }> {
  const text = await readFile('/proc/self/stat', 'utf8');
  return { pid: process.pid, startedAt: text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
}
