import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { attemptIdOf } from '../../../core/ids.ts';
import { guardUploads } from '../../../store/retention/guard-uploads.ts';
import { ActivityWorld, sha256Of } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

async function succeeded(
  files: Readonly<Record<string, string>>,
  datasets: readonly { readonly dataset: string; readonly path?: string }[],
): Promise<string> {
  const { id } = await world.addJob({ outputs: { datasets: [...datasets] } });
  const attemptId = await world.addAttempt(id);
  await world.addMarker(attemptId, { files });
  await world.endAttempt(attemptId, 'succeeded');
  return id;
}
const commit = (jobId: string) => {
  const storage = guardUploads(world.storage, world.store, () => new Date());
  return world.control({ storage }).commitOutputs({ jobId, attempt: 1 });
};
async function filesOf(dataset: string): Promise<Readonly<Record<string, string>>> {
  const { id } = await world.store.datasets.get('default', dataset);
  const version = await world.store.datasets.version(id, 'latest');
  const files = await world.store.datasets.files(version, { folder: '', after: null, limit: 100 });
  const texts: [string, string][] = [];
  for (const { path, sha256 } of files)
    texts.push([path, new TextDecoder().decode(await world.storage.read(`data/${sha256}`, 1000))]);
  return Object.fromEntries(texts);
}

test('the folder becomes a version that names its job, once; the next job replaces the files', async () => {
  const first = await succeeded({ 'clean/a.csv': '1', 'clean/deep/b.csv': '2', 'other.txt': '3' }, [
    { dataset: 'clean' },
  ]);
  // Calls at once and later, as after a worker that was killed in the middle.
  const made = await Promise.all([commit(first), commit(first), commit(first)]);
  expect(made).toEqual(Array.from({ length: 3 }, () => [{ dataset: 'clean', version: 1 }]));
  expect(await commit(first)).toEqual([{ dataset: 'clean', version: 1 }]);
  const { id } = await world.store.datasets.get('default', 'clean');
  expect(await world.store.datasets.version(id, '1')).toMatchObject({ sourceJobId: first, files: 2 });
  expect(await filesOf('clean')).toEqual({ 'a.csv': '1', 'deep/b.csv': '2' });

  const second = await succeeded({ 'x/a.csv': '1', 'x/c.csv': '4' }, [{ dataset: 'clean', path: 'x' }]);
  expect(await commit(second)).toEqual([{ dataset: 'clean', version: 2 }]);
  expect(await filesOf('clean')).toEqual({ 'a.csv': '1', 'c.csv': '4' });
  // Without a change there is no new version, and the job still knows which version has its files.
  const third = await succeeded({ 'x/a.csv': '1', 'x/c.csv': '4' }, [{ dataset: 'clean', path: 'x' }]);
  expect(await commit(third)).toEqual([{ dataset: 'clean', version: 2 }]);
  expect(await commit(third)).toEqual([{ dataset: 'clean', version: 2 }]);
  expect(await world.store.datasets.ofJob(third)).toMatchObject([{ role: 'output', version: 2, files: 2 }]);
});

test('jobs that end at once each get a version', async () => {
  const jobs = await Promise.all(
    ['a', 'b', 'c'].map((text) => succeeded({ 'raced/file': text }, [{ dataset: 'raced' }])),
  );
  const made = await Promise.all(jobs.map(commit));
  expect(
    made
      .flat()
      .map(({ version }) => version)
      .toSorted((one, other) => one - other),
  ).toEqual([1, 2, 3]);
});

test('what is not as declared fails with its reason, and leaves no version', async () => {
  const empty = await succeeded({ 'a.txt': '1' }, [{ dataset: 'nothing' }]);
  await expect(commit(empty)).rejects.toMatchObject({
    type: 'validation-failed',
    message: /left no file in `nothing`/,
  });
  const clash = await succeeded({ 'clash/A.csv': '1', 'clash/a.csv': '2' }, [{ dataset: 'clash' }]);
  await expect(commit(clash)).rejects.toMatchObject({ type: 'validation-failed' });
  const { headVersion } = await world.store.datasets.get('default', 'clash');
  expect(headVersion).toBe(0);
});

test('a content is what the attempt has stored, not what its marker says', async () => {
  const known = await succeeded({ 'known/a': 'a secret' }, [{ dataset: 'known' }]);
  await commit(known);
  const liar = await succeeded({ 'taken/a': 'other text' }, [{ dataset: 'taken' }]);
  const output = {
    path: 'taken/a',
    key: objectKeys.output(liar, 1, 'taken/a'),
    sha256: sha256Of('a secret'),
    bytes: 8,
  };
  await world.addMarker(attemptIdOf(liar, 1), { outputs: [output] });
  await expect(commit(liar)).rejects.toMatchObject({ type: 'validation-failed' });
});
