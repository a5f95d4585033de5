import { objectKeys } from '@artenic/core';
import { mapBounded } from '../../core/map-bounded.ts';
import type { Changes } from '../../core/datasets/changes.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { DatasetVersionRecord, PrincipalStore, ProjectPrincipal } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type CommitDeps = {
  readonly store: PrincipalStore;
  readonly storage: Pick<ObjectStorage, 'head'>;
  readonly now: () => Date;
};

export type CommitInput = {
  readonly principal: ProjectPrincipal;
  /** Name or id. */
  readonly dataset: string;
  /** The head that the caller knows; null to build on any. */
  readonly expectedHead: number | null;
  readonly message: string;
  readonly what: { readonly changes: Changes } | { readonly restore: number };
  /** The job that wrote the version. */
  readonly sourceJobId: string | null;
};

/** Requests to the storage at once. */
const headsAtOnce = 32;

/**
 * Those of the contents that the storage has, with their sizes. The storage is asked only for contents that were sent
 * to it directly: what it has once confirmed is a row.
 */
export async function storedContents(
  { store, storage, now }: CommitDeps,
  principal: ProjectPrincipal,
  sha256s: readonly string[],
): Promise<ReadonlySet<string>> {
  const unique = [...new Set(sha256s)];
  const known = await store.as(principal).datasets.storedContents(unique, now());
  const asked = unique.filter((sha256) => !known.has(sha256));
  const heads = await mapBounded(asked, headsAtOnce, (sha256) => storage.head(objectKeys.data(sha256)));
  return new Set([...known.keys(), ...asked.filter((_, index) => heads[index] !== null)]);
}

/**
 * Makes the next version of a dataset. The storage is asked before the transaction begins; the transaction checks that
 * nothing of it is being deleted. @throws ArtenicError `not-found`, `conflict`, `validation-failed`
 */
export async function commitVersion<Result>(
  deps: CommitDeps,
  { principal, dataset, what, ...commit }: CommitInput,
  within: Within<DatasetVersionRecord, Result>,
): Promise<Result> {
  const { store, now } = deps;
  const { id: datasetId } = await store.datasets.get(principal.projectId, dataset);
  if ('changes' in what)
    await storedContents(
      deps,
      principal,
      what.changes.put.map(({ sha256 }) => sha256),
    );
  return store.as(principal).transaction(async (repositories) => {
    const common = { ...commit, datasetId, createdBy: principal.name, at: now() };
    const version = await repositories.datasets.commit(
      'changes' in what
        ? { ...common, kind: 'changes', changes: what.changes }
        : { ...common, kind: 'restore', version: what.restore },
    );
    return within(repositories, version);
  });
}
