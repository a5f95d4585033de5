import { mostProfiledFiles, toProfile, type ProfiledFile } from '../../core/datasets/profiling.ts';
import { isArtenicError } from '../../core/errors.ts';
import { profileRevision } from '../../store/profiles/repository.ts';
import type { ActingStore, DatasetVersionRecord, StoredProfile } from '../../store/types.ts';
import { cancellation } from '../cancellation.ts';
import type { DataActivities, DatasetVersionInput, ProfiledPart } from '../contracts/index.ts';
import { withFailures } from '../failures.ts';
import { profileContent, type ContentDeps } from './profile-content.ts';

export type DataDeps = ContentDeps & { readonly store: ActingStore; readonly now: () => Date };

/** A call works for about this long: a worker that dies loses no more, and a history has few calls. */
const sliceMs = 30_000;
const pageFiles = 200;

/** The version from which on files are new; null: all files are. A parent of an older profiler's revision does not count. */
async function baseOf({ store }: DataDeps, version: DatasetVersionRecord): Promise<DatasetVersionRecord | null> {
  const { datasetId, parent } = version;
  if (parent === null) return null;
  const run = await store.profiles.run(datasetId, parent);
  return run?.revision !== profileRevision ? null : store.datasets.version(datasetId, String(parent));
}

type Page = { readonly files: readonly ProfiledFile[]; readonly last: string | null; readonly isMore: boolean };

async function pageAfter(
  { store }: DataDeps,
  [base, version]: readonly [DatasetVersionRecord | null, DatasetVersionRecord],
  after: string | null,
): Promise<Page> {
  const { items, isMore } = await store.datasets.diff(base, version, { after, limit: pageFiles });
  const files = items.flatMap((change) => {
    const file = change.kind === 'removed' ? null : toProfile(change.after);
    return file === null ? [] : [file];
  });
  return { files, last: items.at(-1)?.path ?? null, isMore };
}

/** Those of the files whose content has no profile yet and was not purged. */
async function withoutProfile(
  { store }: DataDeps,
  version: DatasetVersionRecord,
  files: readonly ProfiledFile[],
): Promise<readonly ProfiledFile[]> {
  const known = new Set((await store.profiles.ofContents(files)).map(({ sha256, format }) => `${sha256}.${format}`));
  const open: ProfiledFile[] = [];
  for (const file of files) {
    const name = `${file.sha256}.${file.format}`;
    if (known.has(name)) continue;
    known.add(name);
    const stored = await store.datasets.file(version, file.path);
    if (stored !== null && !stored.isPurged) open.push(file);
  }
  return open;
}

/** Null for a dataset that was deleted meanwhile. */
async function versionOf(
  { store }: DataDeps,
  { datasetId, version }: DatasetVersionInput,
): Promise<DatasetVersionRecord | null> {
  try {
    return await store.datasets.version(datasetId, String(version));
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
    return null;
  }
}

async function profileOne(deps: DataDeps, file: ProfiledFile): Promise<'profiled' | 'failed' | 'skipped'> {
  let stored: StoredProfile;
  try {
    stored = await profileContent(deps, file);
  } catch (error) {
    // purged while the work ran
    if (!isArtenicError(error, 'not-found')) throw error;
    return 'skipped';
  }
  await deps.store.profiles.save(stored, deps.now());
  return stored.profile.kind === 'failed' ? 'failed' : 'profiled';
}

async function profileFiles(
  deps: DataDeps,
  { datasetId, version: number, after, done }: Parameters<DataActivities['profileFiles']>[0],
): Promise<ProfiledPart> {
  const { now } = deps;
  const version = await versionOf(deps, { datasetId, version: number });
  if (version === null) return { profiled: 0, failed: 0, skipped: 0, next: null };
  const base = await baseOf(deps, version);
  const endMs = now().getTime() + sliceMs;
  const counts = { profiled: 0, failed: 0, skipped: 0 };
  for (let next = after; ;) {
    const page = await pageAfter(deps, [base, version], next);
    for (const file of await withoutProfile(deps, version, page.files)) {
      cancellation().signal?.throwIfAborted();
      if (done + counts.profiled + counts.failed >= mostProfiledFiles) {
        counts.skipped++;
        continue;
      }
      counts[await profileOne(deps, file)]++;
      if (now().getTime() >= endMs) return { ...counts, next: file.path };
    }
    next = page.last;
    if (!page.isMore || next === null) return { ...counts, next: null };
  }
}

export function createDataActivities(deps: DataDeps): DataActivities {
  return withFailures<DataActivities>({
    profileFiles: (input) => profileFiles(deps, input),
    finishProfiles: ({ datasetId, version, ...counts }: DatasetVersionInput & Omit<ProfiledPart, 'next'>) =>
      deps.store.profiles.finish(datasetId, version, counts, deps.now()),
  });
}
