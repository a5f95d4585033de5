import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { Header } from 'tar';
import { gzipSync } from 'node:zlib';
import { problem } from './fake-api.ts';
import { World } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

test.concurrent('a job that is well: materials in, outputs and verdict out, everything told once', async () => {
  const data = world.put(objectKeys.data, Buffer.from('a,b\n1,2\n'));
  const sha256 = await world.putPackage({
    'train.py': `
import json, os, sys
assert json.load(open(os.environ['ARTENIC_CONFIG_FILE'])) == {'rate': 0.5}
print(open(os.path.join(os.environ['ARTENIC_DATA_DIR'], 'in/rows.csv')).read().strip().splitlines()[1])
print(os.environ['GREETING'], os.environ['ARTENIC_JOB_ID'], os.environ['ARTENIC_ATTEMPT'], file=sys.stderr)
with open(os.environ['ARTENIC_METRICS_FILE'], 'a') as metrics:
    for step in range(3):
        metrics.write(json.dumps({'step': step, 'loss': 1 / (step + 1), 'progress': step / 2}) + '\\n')
out = os.environ['ARTENIC_OUTPUT_DIR']
os.mkdir(os.path.join(out, 'sub'))
open(os.path.join(out, 'sub', 'model.json'), 'w').write('{}')
open(os.path.join(out, 'left.txt'), 'w').write('x' * 5)
`,
  });
  const attempt = await world.run({
    job: {
      package: { sha256 },
      data: [{ name: 'in/rows.csv', sha256: data }],
      config: { rate: 0.5 },
      env: { GREETING: 'hello' },
      command: ['python3', 'train.py'],
    },
  });
  const marker = attempt.marker();
  expect(marker).toMatchObject({ phase: 'training', reason: 'exited', exitCode: 0, signal: null, setupFreeze: null });
  expect(marker.outputs.map(({ path, bytes }) => [path, bytes])).toEqual([
    ['left.txt', 5],
    ['sub/model.json', 2],
  ]);
  for (const output of marker.outputs) expect(statSync(attempt.object(output.key)).size).toBe(output.bytes);
  expect(marker.timings).toHaveProperty('training');
  expect(attempt.api.text('logs/training')).toBe(`1,2\nhello ${attempt.bootstrap.jobId} 1\n`);
  expect(attempt.api.text('metrics').split('\n')).toHaveLength(4);
  // The last report includes progress after the last heartbeat.
  expect(attempt.api.progress.at(-1)).toBe(1);
  expect(attempt.api.phases()).toEqual(['training']);
  expect(attempt.api.events.map((event) => event.kind)).toEqual(['phase', 'exited']);
  expect(attempt.api.events.at(-1)).toMatchObject({ exitCode: 0 });
  expect(statSync(join(attempt.folder, 'data/in/rows.csv')).mode & 0o222).toBe(0);
});

test.concurrent('the tokens are gone from the disk after the end', async () => {
  const attempt = await world.run({ job: { command: 'true' } });
  const files = readdirSync(join(attempt.folder, '..')).filter((name) => name.endsWith('.json'));
  expect(files).toHaveLength(1);
  for (const file of files)
    expect(readFileSync(join(attempt.folder, '..', file), 'utf8')).not.toContain(attempt.bootstrap.bootstrapToken);
  expect(existsSync(join(attempt.folder, 'control'))).toBe(false);
});

test.concurrent('the command sees the contract and nothing of the machine that is not its business', async () => {
  const attempt = await world.run({
    job: { command: 'env | sort; command -v node', env: { ARTENIC_ATTEMPT: '99' } },
    environment: { OWN_SECRET: 'of the worker', LANG: 'C.UTF-8', ARTENIC_INSTANCE: '/somewhere' },
    secrets: { API_KEY: 'abc' },
  });
  const lines = attempt.api.text('logs/training').split('\n');
  expect(lines).toContain('LANG=C.UTF-8');
  expect(lines).toContain('ARTENIC_ATTEMPT=1');
  expect(lines).toContain('API_KEY=abc');
  expect(lines).toContain(`ARTENIC_ATTEMPT_ID=${attempt.id}`);
  expect(lines).toContain('ARTENIC_INSTANCE=/somewhere');
  expect(lines).toContain(process.execPath);
  expect(attempt.api.text('logs/training')).not.toMatch(/OWN_SECRET|PEPPER|must not be passed on/);
  expect(lines.some((line) => line.startsWith('RANK='))).toBe(true);
});

describe('how a command can end', () => {
  test.concurrent.each([
    ['its exit code', 'echo working; exit 3', 3, null, /exit code 3.*working/],
    ['a signal', 'kill -SEGV $$', null, 'SIGSEGV', /SIGSEGV/],
    [
      'a signal that nothing withstands',
      ['sh', '-c', 'echo working; kill -KILL $$'],
      null,
      'SIGKILL',
      /SIGKILL.*working/,
    ],
    ['a line that names no program', 'no-such-program --x', 127, null, /127.*no-such-program/],
    ['a signal that the guard withstands', 'kill -TERM 0; sleep 5', null, 'SIGTERM', /SIGTERM/],
    [
      'an exit code that a shell gives for a signal',
      'exit 143',
      143,
      null,
      /exit code 143 \(a shell reports SIGTERM so\)/,
    ],
    ['such a code of a program that runs without a shell', ['sh', '-c', 'exit 139'], 139, null, /exit code 139/],
    ['a crash below a shell', "sh -c 'kill -ABRT $$'; exit $?", null, 'SIGABRT', /ended by SIGABRT/],
    [
      'waiting for children that it does not have',
      ['python3', '-c', 'import os\ntry:\n  while True: os.wait()\nexcept ChildProcessError: os._exit(5)'],
      5,
      null,
      /exit code 5/,
    ],
    ['a program that is not there', ['no-such-program', '--x'], 127, null, /127.*no-such-program/],
    ['a list that names a builtin of the shell', ['exit', '4'], 127, null, /127.*exit/],
  ])('%s', async (_name, command, exitCode, signal, message) => {
    const attempt = await world.run({ job: { command } });
    expect(attempt.marker()).toMatchObject({ phase: 'training', reason: 'exited', exitCode, signal });
    expect(attempt.marker().message).toMatch(message);
    expect(attempt.api.events.at(-1)).toMatchObject({ kind: 'exited', exitCode });
  });

  test.concurrent('what it leaves in the background ends with it', async () => {
    const attempt = await world.run({ job: { command: 'sleep 100 & echo started' } });
    expect(attempt.marker().exitCode).toBe(0);
    expect(attempt.processes()).toEqual([]);
  });
});

describe('materials that are not what they should be', () => {
  async function refused(sha256: string): Promise<string> {
    const attempt = await world.run({ job: { package: { sha256 }, command: 'touch ran' } });
    expect(attempt.marker()).toMatchObject({ phase: 'setup', reason: 'restore-failed', exitCode: null });
    expect(existsSync(join(attempt.folder, 'package/ran'))).toBe(false);
    return attempt.marker().message;
  }
  const entry = (path: string, type: 'File' | 'SymbolicLink' | 'Link', linkpath = ''): Buffer => {
    const header = new Header({ path, type, linkpath, size: 0, mode: 0o644, mtime: new Date(0) });
    header.encode();
    return Buffer.concat([header.block ?? Buffer.alloc(512), Buffer.alloc(1024)]);
  };

  const linked = (...links: readonly (readonly [string, string])[]): Buffer =>
    Buffer.concat(
      links.map(([path, target]) => entry(path, 'SymbolicLink', target).subarray(0, 512)).concat(Buffer.alloc(1024)),
    );

  test.concurrent('a package with other content', async () => {
    const sha256 = await world.putPackage({ 'a.txt': 'a' });
    writeFileSync(join(world.objects, objectKeys.package(sha256)), 'changed');
    expect(await refused(sha256)).toContain('hash');
  });
  test.concurrent('a package that is not there', async () => {
    expect(await refused('0'.repeat(64))).toContain('ENOENT');
  });
  test.concurrent('a package that is no archive', async () => {
    expect(await refused(world.put(objectKeys.package, Buffer.from('no archive')))).toMatch(/archive|TAR/);
  });
  test.concurrent.each([
    ['a path that leaves the folder', entry('../outside.txt', 'File')],
    ['an absolute path', entry('/tmp/artenic-outside.txt', 'File')],
    ['a link that leaves the folder', entry('link', 'SymbolicLink', '../../outside')],
    ['an absolute link', entry('link', 'SymbolicLink', '/etc')],
    ['a link that goes up behind another link', linked(['d/l', '.'], ['d/up', 'l/l/l/../../..'])],
    ['a hard link that leaves the folder', entry('link', 'Link', '../../../objects')],
  ])('%s', async (_name, archive) => {
    expect(await refused(world.put(objectKeys.package, gzipSync(archive)))).toMatch(/path|link|absolute|outside/i);
  });
  test.concurrent('a link that stays inside is fine', async () => {
    const folder = mkdtempSync(join(world.folder, 'linked-'));
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real/file.txt'), 'inside\n');
    symlinkSync('real', join(folder, 'link'));
    const sha256 = await world.putFolder(folder);
    const attempt = await world.run({ job: { package: { sha256 }, command: 'cat link/file.txt' } });
    expect(attempt.api.text('logs/training')).toBe('inside\n');
  });
  test.concurrent('an API that refuses the job says why in the verdict', async () => {
    const attempt = await world.run({
      job: { command: 'true', secrets: ['NO_SUCH'] },
      prepare: (api) => {
        api.refuseHello = problem(404, 'not-found', 'There is no secret NO_SUCH.');
      },
    });
    expect(attempt.marker()).toMatchObject({
      reason: 'restore-failed',
      message: 'The attempt could not be prepared: There is no secret NO_SUCH.',
    });
  });
});

test.concurrent('a package in TypeScript uses the SDK of the platform without bringing it', async () => {
  const sha256 = await world.putPackage({
    'train.ts': `import { objectKeys } from '@artenic/core';
import { oneHot } from '@artenic/training';
const key: string = objectKeys.model('x');
console.log(key, typeof oneHot);
`,
  });
  const attempt = await world.run({ job: { package: { sha256 }, command: 'node train.ts' } });
  expect(attempt.api.text('logs/training')).toBe('models/x function\n');
});

test.concurrent('its own copy of a package comes first', async () => {
  const sha256 = await world.putPackage({
    'train.mjs': `import { own } from '@artenic/core';\nconsole.log(own);\n`,
    'node_modules/@artenic/core/package.json': '{"name":"@artenic/core","type":"module","exports":"./index.js"}',
    'node_modules/@artenic/core/index.js': 'export const own = "mine";\n',
  });
  const attempt = await world.run({
    job: {
      package: { sha256 },
      command: 'node train.mjs; node -e "import(\'no-such\')" 2>&1 | grep -o ERR_MODULE_NOT_FOUND | head -1',
    },
  });
  expect(attempt.api.text('logs/training')).toBe('mine\nERR_MODULE_NOT_FOUND\n');
});
