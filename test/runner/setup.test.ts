import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { sweepSetups } from '../../runner/setup/leftovers.ts';
import { poll } from '../support/poll.ts';
import { World } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

test.concurrent('a setup runs once for the same inputs; the second attempt says so and starts from a copy', async () => {
  const sha256 = await world.putPackage({ 'code.txt': 'code' });
  const job = {
    package: { sha256 },
    setup: 'echo preparing; mkdir vendor; date +%s%N > vendor/stamp',
    command: 'cat code.txt vendor/stamp; echo spoilt > vendor/stamp',
  };
  const first = await world.run({ job });
  expect(first.api.text('logs/setup')).toBe('preparing\n');
  expect(first.api.phases()).toEqual(['setup', 'training']);
  const second = await world.run({ job });
  expect(second.api.text('logs/setup')).toMatch(/already prepared.*skipped/);
  expect(second.api.phases()).toEqual(['setup', 'training']);
  expect(second.api.text('logs/training')).toBe(first.api.text('logs/training'));
  expect(first.api.text('logs/training')).toMatch(/^code\d{15,}\n$/);
});

test.concurrent.each([
  ['the command', { setup: 'echo preparing; true' }],
  ['its environment', { env: { FLAVOUR: 'b' } }],
])('another value of %s is another setup', async (_name, change) => {
  const job = { setup: 'echo preparing', env: { FLAVOUR: 'a' }, command: 'true' };
  await world.run({ job });
  expect((await world.run({ job: { ...job, ...change } })).api.text('logs/setup')).toBe('preparing\n');
});

test.concurrent('two attempts that prepare the same at once do not meet, and one result is kept', async () => {
  const gate = join(world.folder, 'gate');
  // A cache of its own, because other tests leave half prepared setups behind.
  const bootstrap = { cacheDir: join(world.folder, 'cache-of-two') };
  const sha256 = await world.putPackage({ 'code.txt': 'code' });
  const job = {
    package: { sha256 },
    setup: `echo preparing; while [ ! -e ${gate} ]; do sleep 0.02; done; echo ready > result`,
    command: 'cat code.txt result',
  };
  const attempts = await Promise.all([world.start({ job, bootstrap }), world.start({ job, bootstrap })]);
  await Promise.all(attempts.map((attempt) => attempt.logged('preparing', 'logs/setup')));
  writeFileSync(gate, '');
  for (const attempt of attempts) {
    expect(await attempt.end()).toBe(0);
    expect(attempt.api.text('logs/training')).toBe('codeready\n');
  }
  const setups = join(bootstrap.cacheDir, 'setups');
  const [hash, ...others] = readdirSync(setups);
  expect(others).toEqual([]);
  const kept = readdirSync(join(setups, hash ?? ''));
  expect(kept).toHaveLength(2);
  expect(kept).toContain('ready.json');
});

test.concurrent('a half prepared one is never used', async () => {
  const job = { setup: 'echo preparing; sleep ${DELAY:-0}; echo whole > result', command: 'cat result' };
  const slow = { ...job, setup: `${job.setup}; [ -e ${join(world.folder, 'fast')} ] || sleep 100` };
  const killed = await world.start({ job: slow });
  await killed.logged('preparing', 'logs/setup');
  killed.child.kill('SIGKILL');
  await poll('its end', 10_000, () => (killed.processes().length === 0 ? true : null));
  writeFileSync(join(world.folder, 'fast'), '');
  const next = await world.run({ job: slow });
  expect(next.api.text('logs/setup')).toBe('preparing\n');
  expect(next.api.text('logs/training')).toBe('whole\n');
});

test('what nobody has finished for a week is removed, what is in use or new stays', async () => {
  const setups = join(world.folder, 'sweep', 'setups');
  for (const entry of ['kept', 'old', 'new']) mkdirSync(join(setups, 'hash', entry, 'package'), { recursive: true });
  writeFileSync(
    join(setups, 'hash', 'ready.json'),
    JSON.stringify({ package: join(setups, 'hash', 'kept', 'package') }),
  );
  const eightDaysAgo = new Date(Date.now() - 8 * 86_400_000);
  for (const entry of ['kept', 'old']) utimesSync(join(setups, 'hash', entry), eightDaysAgo, eightDaysAgo);
  await sweepSetups(setups);
  expect(readdirSync(join(setups, 'hash')).toSorted()).toEqual(['kept', 'new', 'ready.json']);
});

test('a prepared one that somebody has removed is prepared again', async () => {
  const job = { setup: 'echo preparing again', command: 'true' };
  await world.run({ job });
  rmSync(world.cacheDir, { recursive: true });
  mkdirSync(world.cacheDir);
  expect((await world.run({ job })).api.text('logs/setup')).toBe('preparing again\n');
});

test.concurrent('a setup that fails is the end, with its own log; it is not kept', async () => {
  const job = { setup: 'echo no such thing >&2; exit 7', command: 'touch ran' };
  for (let round = 0; round < 2; round++) {
    const attempt = await world.run({ job });
    expect(attempt.marker()).toMatchObject({ phase: 'setup', reason: 'exited', exitCode: 7 });
    expect(attempt.marker().message).toBe('The setup ended with exit code 7. Its log ends with: no such thing');
    expect(attempt.api.text('logs/setup')).toBe('no such thing\n');
    expect(attempt.api.phases()).toEqual(['setup']);
    expect(existsSync(join(attempt.folder, 'package/ran'))).toBe(false);
  }
});

const makeWheel = `
import zipfile
info = 'tiny-1.2.3.dist-info/'
with zipfile.ZipFile('tiny-1.2.3-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('tiny.py', 'value = 42\\n')
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.2.3\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', ''.join(name + ',,\\n' for name in [*wheel.namelist(), info + 'RECORD']))
`;

test.concurrent('a Python that this machine does not have is said', async () => {
  const attempt = await world.run({ job: { environment: { python: { version: '3.99' } }, command: 'true' } });
  expect(attempt.marker()).toMatchObject({ phase: 'setup', exitCode: 1 });
  expect(attempt.marker().message).toMatch(/^The job wants Python 3\.99, this machine has 3\.\d+/);
  expect(readFileSync(join(attempt.folder, 'logs/setup.log'), 'utf8')).toContain('3.99');
});

test.concurrent('a job gets only what was prepared with its own secrets, in folders that nobody else can read', async () => {
  const bootstrap = { cacheDir: join(world.folder, 'cache-of-secrets') };
  const job = { setup: 'echo preparing; echo "token=$PLANTED" > .credentials', command: 'cat .credentials' };
  const run = async (secrets: Readonly<Record<string, string>>) => {
    const { api } = await world.run({ job: { ...job, secrets: Object.keys(secrets) }, secrets, bootstrap });
    return [api.text('logs/setup').includes('skipped'), api.text('logs/training')];
  };
  expect(await run({ PLANTED: 'planted-value' })).toEqual([false, 'token=***\n']);
  expect(await run({ PLANTED: 'planted-value' })).toEqual([true, 'token=***\n']);
  expect(await run({ PLANTED: 'another-value' })).toEqual([false, 'token=***\n']);
  expect(await run({ PLANTED: 'planted-value', MORE: 'more-value' })).toEqual([false, 'token=***\n']);
  expect(await run({})).toEqual([false, 'token=\n']);
  const setups = join(bootstrap.cacheDir, 'setups');
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  expect([modeOf(bootstrap.cacheDir), modeOf(setups), modeOf(join(setups, '.key'))]).toEqual(['700', '700', '600']);
  expect(readdirSync(setups).filter((name) => name !== '.key')).toHaveLength(4);
});

test('a Python environment with requirements: its freeze in the verdict, and each attempt writes into its own', async () => {
  const folder = mkdtempSync(join(world.folder, 'wheel-'));
  execFileSync('python3', ['-c', makeWheel], { cwd: folder });
  const sha256 = await world.putFolder(folder, {
    'requirements.txt': './tiny-1.2.3-py3-none-any.whl\n',
    'train.py': `import importlib.metadata, os, site, sys, tiny
print(tiny.value, 'spoilt' in sys.modules, os.path.exists(sys.prefix + '/extra'), importlib.metadata.version('tiny'))
print('of the attempt:', sys.prefix == os.environ['VIRTUAL_ENV'], os.getcwd().rsplit('/', 1)[0] in sys.prefix)
packages = site.getsitepackages()[0]
open(packages + '/sitecustomize.py', 'w').write('import spoilt'); open(packages + '/spoilt.py', 'w').write('')
open(sys.prefix + '/extra', 'w').write('')
print(oct(os.stat(tiny.__file__).st_mode & 0o222))
`,
  });
  const bootstrap = { cacheDir: join(world.folder, 'cache-of-layers') };
  const job = {
    package: { sha256 },
    environment: { python: { requirements: 'requirements.txt' } },
    command: 'grep -c "$VIRTUAL_ENV/bin" "$VIRTUAL_ENV/bin/pip"; pip --version | grep -c "^pip "; python train.py',
  };
  for (const isSkipped of [false, true]) {
    const attempt = await world.run({ job, bootstrap });
    const { api } = attempt;
    expect(attempt.marker().setupFreeze).toMatch(/^tiny\b/m);
    expect(api.text('logs/training')).toBe('1\n1\n42 False False 1.2.3\nof the attempt: True True\n0o0\n');
    expect(api.text('logs/setup').includes('skipped')).toBe(isSkipped);
  }
}, 120_000);
