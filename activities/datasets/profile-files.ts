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

type Outcome = 'profiled' | 'failed' | 'skipped';

const nameOf = ({ sha256, format }: Pick<StoredProfile, 'sha256' | 'format'>): string => `${sha256}.${format}`;
const outcomeOf = ({ profile }: StoredProfile): Outcome => (profile.kind === 'failed' ? 'failed' : 'profiled');

/** Outcomes of those contents that have a profile already, by their names. */
async function knownOf({ store }: DataDeps, files: readonly ProfiledFile[]): Promise<Map<string, Outcome>> {
  return new Map((await store.profiles.ofContents(files)).map((stored) => [nameOf(stored), outcomeOf(stored)]));
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

/** Skips a content that was purged. */
async function profileOne(deps: DataDeps, version: DatasetVersionRecord, file: ProfiledFile): Promise<Outcome> {
  const { store, now } = deps;
  let stored: StoredProfile;
  try {
    const named = await store.datasets.file(version, file.path);
    if (named === null || named.isPurged) return 'skipped';
    stored = await profileContent(deps, file);
  } catch (error) {
    // purged while the work ran
    if (!isArtenicError(error, 'not-found')) throw error;
    return 'skipped';
  }
  await store.profiles.save(stored, now());
  return outcomeOf(stored);
}

async function profileFiles(
  deps: DataDeps,
  { datasetId, version: number, after, done }: Parameters<DataActivities['profileFiles']>[0],
): Promise<ProfiledPart> {
  const { now } = deps;
  const counts = { profiled: 0, failed: 0, skipped: 0, made: 0 };
  const version = await versionOf(deps, { datasetId, version: number });
  if (version === null) return { ...counts, next: null };
  const base = await baseOf(deps, version);
  const endMs = now().getTime() + sliceMs;
  for (let next = after; ;) {
    const page = await pageAfter(deps, [base, version], next);
    const known = await knownOf(deps, page.files);
    for (const file of page.files) {
      cancellation().signal?.throwIfAborted();
      let outcome = known.get(nameOf(file));
      if (outcome === undefined) {
        const hasRoom = done + counts.made < mostProfiledFiles;
        outcome = hasRoom ? await profileOne(deps, version, file) : 'skipped';
        if (outcome !== 'skipped') counts.made++;
        known.set(nameOf(file), outcome);
      }
      counts[outcome]++;
      if (now().getTime() >= endMs) return { ...counts, next: file.path };
    }
    next = page.last;
    if (!page.isMore || next === null) return { ...counts, next: null };
  }
}

export function createDataActivities(deps: DataDeps): DataActivities {
  return withFailures<DataActivities>({
    profileFiles: (input) => profileFiles(deps, input),
    finishProfiles: ({ datasetId, version, profiled, failed, skipped }) =>
      deps.store.profiles.finish(datasetId, version, { profiled, failed, skipped }, deps.now()),
  });
}
