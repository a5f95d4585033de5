import { objectKeys, type DatasetStats, type FileProfile, type FileStats } from '@artenic/core';
import { fileKindOf } from '../../core/datasets/file-kinds.ts';
import { toProfile } from '../../core/datasets/profiling.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { DatasetFile, DatasetVersionRecord, ProfileRun, StoredProfile } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { datasetFileView } from './views.ts';

/** A file with what is known of it. */
type Known = { readonly file: DatasetFile; readonly stored: StoredProfile | null; readonly isWaiting: boolean };

function stateOf({ stored, isWaiting }: Known): FileStats['state'] {
  if (stored !== null) return stored.profile.kind === 'failed' ? 'failed' : 'done';
  return isWaiting ? 'waiting' : 'none';
}

export async function profilesOf(
  { store }: Pick<ApiDeps, 'store'>,
  files: readonly DatasetFile[],
  run: ProfileRun | null,
): Promise<readonly Known[]> {
  const wanted = files.map((file) => (file.isPurged ? null : toProfile(file)));
  const found = await store.profiles.ofContents(wanted.flatMap((one) => (one === null ? [] : [one])));
  const stored = new Map(found.map((one) => [`${one.sha256}.${one.format}`, one]));
  return files.map((file, index) => {
    const one = wanted[index] ?? null;
    const profile = one === null ? null : (stored.get(`${one.sha256}.${one.format}`) ?? null);
    const isWaiting = one !== null && profile === null && run !== null && run.finishedAt === null;
    return { file, stored: profile, isWaiting };
  });
}

const describedView = (known: Known) => ({
  ...datasetFileView(known.file),
  mediaType: fileKindOf(known.file.path).mediaType,
  state: stateOf(known),
});

export function fileStatsView(known: Known): FileStats {
  const { profile = null } = known.stored ?? {};
  const table = profile?.kind === 'table' ? profile : null;
  const image = profile?.kind === 'image' ? profile : null;
  return {
    ...describedView(known),
    ...{ rows: table?.rows ?? null, columns: table?.columns.length ?? null },
    ...{ width: image?.width ?? null, height: image?.height ?? null },
    failure: profile?.kind === 'failed' ? profile.failure : null,
  };
}

export function fileProfileView(known: Known): FileProfile {
  return { ...describedView(known), profile: known.stored?.profile ?? null };
}

export function runView(run: ProfileRun | null): DatasetStats['profiles'] {
  if (run === null) return { state: 'none', profiled: 0, failed: 0, skipped: 0, finishedAt: null };
  const { profiled, failed, skipped, finishedAt } = run;
  return {
    ...{ state: finishedAt === null ? 'waiting' : 'done', profiled, failed, skipped },
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

/** Files in which the first table is searched. */
const mostSearched = 1000;

/** The file that the path names; without a path the first table of the version. */
export async function fileToShow(
  { store }: Pick<ApiDeps, 'store'>,
  version: DatasetVersionRecord,
  path: string | null,
): Promise<DatasetFile> {
  if (path === null) {
    const files = await store.datasets.files(version, { folder: '', after: null, limit: mostSearched });
    const table = files.find((file) => !file.isPurged && fileKindOf(file.path).kind === 'table');
    if (table !== undefined) return table;
    throw new ArtenicError(
      'file-unreadable',
      `Version ${version.version} has no table among its first ${mostSearched} files: give a path.`,
    );
  }
  const file = await store.datasets.file(version, path);
  if (file === null)
    throw new ArtenicError('not-found', `Version ${version.version} has no file ${JSON.stringify(path)}.`);
  if (file.isPurged) throw new ArtenicError('purged', `The content of ${JSON.stringify(path)} was purged.`);
  return file;
}

const waitMs = 2000;

export type ShownTable = {
  readonly profile: Extract<StoredProfile['profile'], { readonly kind: 'table' }>;
  readonly source: { readonly id: string; readonly key: string };
};

/** The table behind a file, and the object of which its pages are read. */
export function tableOf(known: Known): ShownTable {
  const { file, stored, isWaiting } = known;
  const name = JSON.stringify(file.path);
  if (isWaiting)
    throw new ArtenicError('not-ready', `${name} is being profiled: ask again in a moment.`, { retryAfterMs: waitMs });
  if (stored === null)
    throw new ArtenicError(
      'file-unreadable',
      `${name} has no profile: it is not a table, or is beyond the limit of a version.`,
    );
  const { profile } = stored;
  if (profile.kind === 'table') {
    const id = `${stored.sha256}.${stored.format}`;
    return { profile, source: { id, key: stored.copy?.key ?? objectKeys.data(stored.sha256) } };
  }
  if (profile.kind === 'image') throw new ArtenicError('file-unreadable', `${name} is an image.`);
  const { message, row, column } = profile.failure;
  const place = [...(row === null ? [] : [`row ${row}`]), ...(column === null ? [] : [`column ${column}`])];
  throw new ArtenicError('file-unreadable', [`${name}: ${message}`, ...place].join(' · '));
}
