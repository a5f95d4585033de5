import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { artenic, folderWith } from './artenic.ts';

const key = 'aa_live_abcdefgh_0123456789-0123456789-0123456789-0123456_01234567';
const folders: ReturnType<typeof folderWith>[] = [];
afterEach(() => folders.splice(0).forEach(({ remove }) => remove()));

function home(files: Readonly<Record<string, string>> = {}) {
  const folder = folderWith(files);
  folders.push(folder);
  const file = join(folder.path, '.artenic', 'config.toml');
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) =>
    artenic(args, { env: { HOME: folder.path, ...env }, ...(input === undefined ? {} : { input }) });
  const shown = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    (JSON.parse((await run(['config', 'show', '--json', ...args], env)).stdout) as { settings: unknown }).settings;
  return { file, run, shown };
}

test('what is set is kept for its owner only, and shown with a masked key and where it comes from', async () => {
  const { file, run, shown } = home();
  await run(['config', 'set', 'url', 'http://artenic.test:7400']);
  const { stdout, stderr } = await run(['config', 'set', 'api-key', '-'], {}, `${key}\n`);
  expect(stdout + stderr).not.toContain(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, 'utf8')).toContain(key);
  expect(await shown()).toEqual({
    profile: { value: 'default', source: 'default' },
    url: { value: 'http://artenic.test:7400', source: 'profile default' },
    'api-key': { value: 'aa_live_abcdefgh_…', source: 'profile default' },
    timeout: { value: 30, source: 'default' },
    json: { value: true, source: '--json' },
  });
});

test('flags come before the environment, that before the profile, that before defaults', async () => {
  const { run, shown } = home();
  await run(['config', 'set', 'timeout', '7', '--profile', 'work']);
  await run(['config', 'set', 'url', 'http://profile.test', '--profile', 'work']);
  await run(['config', 'use-profile', 'work']);
  const env = { ARTENIC_URL: 'http://environment.test', ARTENIC_TIMEOUT: '8' };
  expect(await shown()).toMatchObject({ url: { value: 'http://profile.test' }, timeout: { value: 7 } });
  expect(await shown([], env)).toMatchObject({ url: { source: 'ARTENIC_URL' }, timeout: { value: 8 } });
  expect(await shown(['--url', 'http://flag.test', '--timeout', '9'], env)).toMatchObject({
    url: { value: 'http://flag.test', source: '--url' },
    timeout: { value: 9, source: '--timeout' },
  });
});

test('the key of a profile is never sent to another API', async () => {
  const { run, shown } = home();
  await run(['config', 'set', 'url', 'http://profile.test']);
  await run(['config', 'set', 'api-key', '-'], {}, key);
  expect(await shown(['--url', 'http://elsewhere.test'])).toMatchObject({ 'api-key': null });
});

test('profiles are named, and a name that is not there is a mistake', async () => {
  const { run, shown } = home();
  await run(['config', 'set', 'url', 'http://a.test', '--profile', 'a']);
  await run(['config', 'set', 'url', 'http://b.test', '--profile', 'b']);
  expect(await shown([], { ARTENIC_PROFILE: 'b' })).toMatchObject({ url: { value: 'http://b.test' } });
  const wrong = await run(['config', 'use-profile', 'c']);
  expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  expect(wrong.stderr).toContain('only a, b');
});

test.each([
  ['a broken file', 'profile = ', /config\.toml:1:\d+: this is not TOML/],
  ['an unknown field', '[profiles.default]\ncolour = "red"\n', /profiles\.default: .*colour/],
  ['a wrong value', `[profiles.default]\nurl = "${key}"\n`, /profiles\.default\.url: is not an http or https URL/],
])('%s is said with its place, and no value of it', async (_name, content, message) => {
  const { run } = home({ '.artenic/config.toml': content });
  const { exitCode, stdout, stderr } = await run(['config', 'show']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain(key);
});

test('wrong settings are refused and change nothing', async () => {
  const { file, run } = home({ '.artenic/config.toml': '[profiles.default]\ntimeout = 5\n' });
  for (const args of [
    ['url', 'ftp://a'],
    ['timeout', '-1'],
    ['json', 'maybe'],
    ['colour', 'red'],
  ])
    expect((await run(['config', 'set', ...args])).exitCode).toBe(2);
  expect(readFileSync(file, 'utf8')).toBe('[profiles.default]\ntimeout = 5\n');
});

test('a file that others can read is warned of', async () => {
  const { file, run } = home({
    '.artenic/config.toml': '[profiles.default]\nurl = "http://127.0.0.1:9"\napi-key = "x"\n',
  });
  chmodSync(file, 0o644);
  const { exitCode, stderr } = await run(['health']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('chmod 600');
});
