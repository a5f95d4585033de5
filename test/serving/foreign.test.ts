import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RandomNumbers } from '@artenic/training';
import { isArtenicError } from '../../core/errors.ts';
import { scanForeign } from '../../serving/files/foreign-file.ts';
import { PickleScanner } from '../../serving/files/pickle.ts';
import { startHost } from '../../serving/hosts/process.ts';
import { scanFile } from '../../serving/files/inspect.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { writeLargeZip } from './large-zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-foreign-'));
const scanner = new PickleScanner();
const scan = (filePath: string, format: string, allowedModules: readonly string[] = []) =>
  scanForeign({ filePath, format, allowedModules }, scanner);

/** Functions of the standard library and of PyTorch that picklescan calls dangerous. */
const dangerous = [
  ...['os:system', 'builtins:eval', 'subprocess:Popen', 'imaplib:IMAP4_stream', 'pkgutil:resolve_name'],
  ...['_operator:attrgetter', '_operator:methodcaller', '_pyrepl.pager:pipe_pager', 'uuid:_get_command_stdout'],
  ...['torch.serialization:load', 'torch._inductor.codecache:compile_file', 'webbrowser:open', 'runpy:run_path'],
  ...['torch.jit.unsupported_tensor_ops:execWrapper', 'torch.utils.bottleneck.__main__:run_cprofile'],
];
/** Functions on no list. */
const unknown = [
  'inspect:getsource',
  'linecache:getline',
  'threading:Thread',
  'numpy:load',
  'joblib:load',
  'made.up:call',
];
const name = (one: string) => one.replace(':', '.');

beforeAll(() => {
  const maker = fileURLToPath(new URL('python_files.py', import.meta.url));
  execFileSync('python3', [maker, folder, ...dangerous, ...unknown], { stdio: 'inherit' });
});
afterAll(() => {
  scanner.close();
  rmSync(folder, { recursive: true, force: true });
});

const protocols = [0, 1, 2, 3, 4, 5];

test.each([
  ...protocols.map((protocol) => [`good-${protocol}.pkl`, 'pickle'] as const),
  ['good.pt', 'pytorch'] as const,
  ['legacy-good.pt', 'pytorch'] as const,
  ['good.gz', 'savedmodel'] as const,
  ['good.tar.gz', 'savedmodel'] as const,
  ['good.pkl.gz', 'pickle'] as const,
  ['good.zlib', 'pickle'] as const,
  ['good.npy', 'other'] as const,
  ['good.keras', 'keras'] as const,
])('%s as %s is let through', async (name, format) => {
  await scan(join(folder, name), format);
});

const system = /imports (?:posix|os|nt)\.system/;
test.each<readonly [string, string, RegExp]>([
  ...protocols.map((protocol) => [`evil-${protocol}.pkl`, 'pickle', system] as const),
  ...protocols.map((protocol) => [`eval-${protocol}.pkl`, 'pickle', /imports (?:builtins|__builtin__)\.eval/] as const),
  ['decoy.pkl', 'pickle', /imports unknown/],
  ['memo.pkl', 'pickle', system],
  ['computed.pkl', 'pickle', /imports .*unknown/],
  ['good-4.pkl', 'xgboost', /is a Python pickle, not xgboost/],
  ['good.pt', 'keras', /holds a Python pickle/],
  ['evil.pt', 'pytorch', system],
  ['packed-evil.pt', 'pytorch', system],
  ['bomb.zip', 'pytorch', /bomb/],
  ['escape.zip', 'other', /unpacked elsewhere/],
  ['lambda.keras', 'keras', /Lambda/],
  ['cut.zip', 'pytorch', /damaged/],
  ['bomb.gz', 'savedmodel', /bomb/],
  // Disguised pickles.
  ['second.pkl', 'pickle', system],
  ['second.pkl', 'other', system],
  ['legacy-evil.pt', 'pytorch', system],
  ['legacy-good.pt', 'pickle', /behind it/],
  ['behind.pkl', 'pickle', /behind it/],
  ['partial.pkl', 'other', system],
  ['evil.pkl.gz', 'pickle', system],
  ['evil.pkl.gz', 'xgboost', /imports|is a Python pickle/],
  ['twice.gz', 'other', system],
  ['evil.zlib', 'pickle', system],
  ['old.bin', 'pytorch', system],
  ['old.bin', 'other', system],
  ['old.bin', 'lightgbm', /imports|is a Python pickle/],
  ['old-inst.bin', 'other', system],
  ['upper.pt', 'pytorch', system],
  ['renamed.pt', 'pytorch', system],
  ['renamed-old.pt', 'pytorch', system],
  ['nested.pt', 'pytorch', system],
  ['packed-entry.pt', 'pytorch', system],
  ['front.zip', 'other', /damaged/],
  ['front-pickle.zip', 'other', /imports|damaged/],
  ['xz.pkl', 'pickle', /packed by xz/],
  ['evil.tar', 'other', system],
  ['evil.tar.gz', 'savedmodel', /imports|holds a Python pickle/],
  ['zip64.pt', 'pytorch', system],
  ['extension.pkl', 'pickle', /extension codes/],
  ['objects.npy', 'other', /array of objects/],
  ['objects-2.npy', 'other', /array of objects/],
  ['objects-escaped.npy', 'other', /array of objects/],
  ['objects.npz', 'other', /array of objects/],
  ['escaped.keras', 'keras', /Lambda/],
  ['spaced.keras', 'keras', /Lambda/],
  ['module.keras', 'keras', /Python module os/],
  ['not-json.keras', 'keras', /not JSON/],
  ['lambda.h5', 'keras', /Lambda/],
  ['lambda-block.h5', 'keras', /Lambda/],
  ['lambda-late.h5', 'other', /Lambda/],
  ['lambda-far.h5', 'keras', /Lambda/],
])('%s as %s is refused with the reason', async (name, format, reason) => {
  await expect(scan(join(folder, name), format)).rejects.toThrow(reason);
});

test('files that are scanned at the same moment each get their own verdict', async () => {
  const names = ['zip64.pt', 'extension.pkl', 'sklearn.pkl'] as const;
  const verdicts = await Promise.allSettled([
    scan(join(folder, names[0]), 'pytorch'),
    scan(join(folder, names[1]), 'pickle'),
    scan(join(folder, names[2]), 'pickle', ['sklearn']),
  ]);
  expect(verdicts.map((verdict) => (verdict.status === 'rejected' ? String(verdict.reason) : 'accepted'))).toEqual([
    expect.stringMatching(system),
    expect.stringContaining('extension codes'),
    'accepted',
  ]);
}, 120_000);

test('imports: what is dangerous is refused always, what is unknown unless the operator trusts its module', async () => {
  const file = (one: string) => join(folder, `import-${name(one)}.pkl`);
  const all = [...dangerous, ...unknown].map((one) => one.split(':')[0] ?? '');
  for (const one of dangerous) await expect(scan(file(one), 'pickle', all)).rejects.toThrow(name(one));
  for (const one of unknown) {
    await expect(scan(file(one), 'pickle')).rejects.toThrow(`${name(one)}. An operator`);
    await scan(file(one), 'pickle', all);
  }
  await scan(join(folder, 'sklearn.pkl'), 'pickle', ['sklearn']);
  // Not through imports of a trusted module, nor through a name that only begins like a trusted one.
  for (const other of ['dotted.pkl', 'near.pkl'])
    await expect(scan(join(folder, other), 'pickle', ['sklearn'])).rejects.toThrow('imports');
});

test('without python3 pickles are refused, and nothing else', async () => {
  const { PATH = '' } = process.env;
  process.env['PATH'] = folder;
  const alone = new PickleScanner();
  const ask = (file: string, format: string) =>
    scanForeign({ filePath: join(folder, file), format, allowedModules: [] }, alone);
  try {
    for (const file of ['good-4.pkl', 'good-2.pkl'])
      await expect(ask(file, 'pickle')).rejects.toThrow('python3 and picklescan, which are missing');
    await ask('good.keras', 'keras');
  } finally {
    alone.close();
    process.env['PATH'] = PATH;
  }
});

test('a zip archive of more than 2 GiB is read where it matters', async () => {
  const path = join(folder, 'large.pt');
  writeLargeZip(path, 2 * 1024 ** 3 + 5);
  await expect(scan(path, 'pytorch')).rejects.toThrow(system);
});

test('damaged files are let through or refused, never anything else', async () => {
  const random = RandomNumbers.fromSeed(20_261_123);
  const names = ['good-4.pkl', 'evil-0.pkl', 'good.pt', 'packed-evil.pt', 'good.gz'];
  const path = join(folder, 'mutant');
  let refused = 0;
  for (let count = 0; count < 400; count++) {
    const bytes = readFileSync(join(folder, names[count % names.length] ?? ''));
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    writeFileSync(path, random.below(4) === 0 ? bytes.subarray(0, 1 + random.below(bytes.length)) : bytes);
    const error: unknown = await scan(path, count % 2 === 0 ? 'pytorch' : 'pickle').catch((reason: unknown) => reason);
    if (error === undefined) continue;
    if (!isArtenicError(error, 'model-rejected')) throw error;
    refused++;
  }
  expect(refused).toBeGreaterThan(50);
});

test('no reader of pickles outlives its process that is killed', async () => {
  const readers = () => processesWith('picklescan/scan.py');
  const before = new Set(readers());
  const fresh = () => readers().filter((pid) => !before.has(pid));
  const host = await startHost({ memoryBytes: 2 ** 30 });
  const argument = { filePath: join(folder, 'long.pkl'), format: 'pickle', allowedModules: [] };
  writeFileSync(argument.filePath, Buffer.concat([Buffer.from('(', 'latin1'), Buffer.alloc(50_000_000, 'N')]));
  const asked = host.ask('scan', argument).catch(() => null);
  await poll('the reader to start', 20_000, () => (fresh().length === 1 ? true : null));
  await host.kill();
  await asked;
  await poll('the reader to end', 5000, () => (fresh().length === 0 ? true : null));
}, 90_000);

test('the scan runs in a process of its own', async () => {
  const options = { timeoutMs: 20_000, memoryBytes: 2 ** 30 };
  await scanFile(join(folder, 'good.pt'), 'pytorch', options);
  await expect(scanFile(join(folder, 'evil.pt'), 'pytorch', options)).rejects.toMatchObject({ type: 'model-rejected' });
});
