import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { installOnce } from '../../scripts/install-once.mjs';

const root = mkdtempSync(join(tmpdir(), 'artenic-install-'));
afterAll(() => rmSync(root, { recursive: true }));
const script = new URL('../../scripts/install-once.mjs', import.meta.url).href;

/** Installs in a process of its own, which adds a line to `runs` for each actual installation. */
async function install(name: string): Promise<void> {
  const program = `
    import { appendFileSync, mkdirSync } from 'node:fs';
    import { spawnSync } from 'node:child_process';
    const { installOnce } = await import(${JSON.stringify(script)});
    installOnce(${JSON.stringify(root)}, ${JSON.stringify(name)}, 'lock', (target) => {
      appendFileSync(${JSON.stringify(join(root, `${name}.runs`))}, 'run\\n');
      spawnSync('sleep', ['0.3']);
      mkdirSync(target);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
}

test('of several at once one installs, and all have it', async () => {
  await Promise.all([install('tool'), install('tool'), install('tool')]);
  expect(readFileSync(join(root, 'tool.runs'), 'utf8')).toBe('run\n');
  expect(existsSync(join(root, '.artenic-tools', 'lock.lock'))).toBe(false);
});

test('the lock of a process that died is taken away', async () => {
  const lock = join(root, '.artenic-tools', 'lock.lock');
  mkdirSync(lock, { recursive: true });
  const dead = spawn('true');
  await once(dead, 'exit');
  writeFileSync(join(lock, 'pid'), String(dead.pid));
  await install('after-death');
  expect(existsSync(join(root, 'after-death.runs'))).toBe(true);
});

test('in a clone that was moved it is installed again: programs name the folder they were made in', async () => {
  await install('moved');
  writeFileSync(join(root, '.artenic-tools', 'moved', 'installed'), '/elsewhere/.artenic-tools/moved');
  await Promise.all([install('moved'), install('moved')]);
  expect(readFileSync(join(root, 'moved.runs'), 'utf8')).toBe('run\nrun\n');
});

test('what fails is told, and tried again the next time', () => {
  const attempt = (install: (target: string) => void) => installOnce(root, 'fails', 'other', install);
  expect(() =>
    attempt(() => {
      throw new Error('no network');
    }),
  ).toThrow('no network');
  expect(
    existsSync(
      join(
        attempt((target) => mkdirSync(target)),
        'installed',
      ),
    ),
  ).toBe(true);
});
