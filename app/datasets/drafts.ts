import type { Changes } from '../../core/datasets/changes.ts';
import type { DatasetDraftRecord, DatasetVersionRecord, ProjectPrincipal } from '../../store/types.ts';
import { storedContents, type CommitDeps } from './commit.ts';
import type { Within } from '../within.ts';

type DraftInput = {
  readonly principal: ProjectPrincipal;
  /** Name or id. */
  readonly dataset: string;
  readonly draft: string;
};

/**
 * Adds changes to a draft. The storage is asked before the transaction begins, as for a commit. The same changes again
 * change nothing. @throws ArtenicError `not-found`, `conflict`, `validation-failed`
 */
export async function changeDraft(
  deps: CommitDeps,
  { principal, dataset, draft }: DraftInput,
  changes: Changes,
): Promise<DatasetDraftRecord> {
  const { store, now } = deps;
  const { id: datasetId } = await store.datasets.get(principal.projectId, dataset);
  await storedContents(
    deps,
    principal,
    changes.put.map(({ sha256 }) => sha256),
  );
  return store.as(principal).datasets.changeDraft({ datasetId, draft, changes, at: now() });
}

/** Makes a draft the next version. @throws ArtenicError `not-found`, and `conflict` if another version came first */
export async function commitDraft<Result>(
  { store, now }: Pick<CommitDeps, 'store' | 'now'>,
  { principal, dataset, draft, message }: DraftInput & { readonly message: string },
  within: Within<DatasetVersionRecord, Result>,
): Promise<Result> {
  const { id: datasetId } = await store.datasets.get(principal.projectId, dataset);
  return store.as(principal).transaction(async (repositories) => {
    const input = { datasetId, draft, message, createdBy: principal.name, sourceJobId: null, at: now() };
    return within(repositories, await repositories.datasets.commitDraft(input));
  });
}
