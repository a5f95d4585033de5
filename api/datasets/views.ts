import type {
  DatasetDiffItem,
  DatasetEntry,
  DatasetFileView,
  DatasetTagMoveView,
  DatasetTagView,
  DatasetVersionView,
  DatasetView,
} from '@artenic/core';
import type { FileChange } from '../../core/datasets/diff.ts';
import type {
  DatasetFile,
  DatasetRecord,
  DatasetsRepository,
  DatasetTagMove,
  DatasetTagRecord,
  DatasetVersionRecord,
} from '../../store/types.ts';

export function datasetView(dataset: DatasetRecord): DatasetView {
  const { id, name, description, status, headVersion, files, bytes, createdBy, createdAt, updatedAt } = dataset;
  return {
    ...{ id, name, description, status, version: headVersion === 0 ? null : headVersion, files, bytes, createdBy },
    ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  };
}

export function datasetVersionView(
  record: DatasetVersionRecord,
  tags: readonly DatasetTagRecord[],
): DatasetVersionView {
  const { version, root, parent, files, bytes, added, changed, removed, message, createdBy, sourceJobId } = record;
  return {
    ...{ version, root, parent, files, bytes, added, changed, removed, message, createdBy, jobId: sourceJobId },
    createdAt: record.createdAt.toISOString(),
    tags: tags.flatMap((one) => (one.version === version ? [one.tag] : [])),
  };
}

export function datasetFileView({ path, sha256, bytes, isPurged }: DatasetFile): DatasetFileView {
  return { path, sha256, bytes, purged: isPurged };
}

type FolderEntry = Awaited<ReturnType<DatasetsRepository['folder']>>[number];
export function datasetEntryView(entry: FolderEntry): DatasetEntry {
  if (entry.kind === 'file') return { kind: 'file', ...datasetFileView(entry) };
  const { kind, path, files, bytes } = entry;
  return { kind, path, files, bytes };
}

const contentOf = ({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }) => ({ sha256, bytes });
export function datasetDiffItem(change: FileChange): DatasetDiffItem {
  return {
    ...{ kind: change.kind, path: change.path },
    before: change.kind === 'added' ? null : contentOf(change.before),
    after: change.kind === 'removed' ? null : contentOf(change.after),
  };
}

export function datasetTagView({ tag, version, movedBy, movedAt }: DatasetTagRecord): DatasetTagView {
  return { tag, version, movedBy, movedAt: movedAt.toISOString() };
}

export function datasetTagMoveView({ movedAt, ...move }: DatasetTagMove): DatasetTagMoveView {
  return { ...move, movedAt: movedAt.toISOString() };
}
