import { formatSize, type DatasetView } from '@artenic/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { useToast } from '../../components/toast.tsx';
import { toApiError } from '../../lib/api.ts';
import { formatCount } from '../../lib/format.ts';
import { keys } from '../../lib/queries.ts';
import { readHandle, type ChosenFolder } from './chosen-folder.ts';
import { FolderDrop } from './folder-drop.tsx';
import { UploadCard } from './upload-card.tsx';
import { UploadDialog } from './upload-dialog.tsx';
import { removeUpload, uploadOf, type UploadRecord } from './upload-records.ts';
import { continueUpload, useUploads } from './uploads.ts';

/** An upload that an earlier page did not finish. */
function Interrupted(props: {
  readonly record: UploadRecord;
  readonly onFolder: (folder: ChosenFolder) => void;
  readonly onDiscard: () => void;
}): ReactElement {
  const { record, onFolder, onDiscard } = props;
  const { handle, folder, files, bytes } = record;
  const toast = useToast();
  const reopen = (from: FileSystemDirectoryHandle): void => {
    readHandle(from).then(
      (read) => (read === null ? undefined : onFolder(read)),
      (error: unknown) => toast({ tone: 'bad', title: 'Folder not read', detail: toApiError(error).message }),
    );
  };
  return (
    <Card
      title={`Upload of ${folder}`}
      note={<span role="status">Interrupted</span>}
      className="mb-4"
      actions={
        <>
          <Button size="sm" kind="ghost" onClick={onDiscard}>
            Discard upload
          </Button>
          {handle !== null && (
            <Button size="sm" icon="play" onClick={() => reopen(handle)}>
              Continue
            </Button>
          )}
        </>
      }
    >
      <p className="text-sm">
        {formatCount(files)} files, {formatSize(bytes)}.{' '}
        {handle === null
          ? `Drop or choose the folder ${folder} again: it continues where it was, and what was sent is not sent twice.`
          : 'The browser asks for the folder once more; what was sent is not sent twice.'}
      </p>
    </Card>
  );
}

/** Where a dataset takes its next version: a place for a folder, and the upload in progress. */
export function DatasetUpload({ dataset }: { readonly dataset: DatasetView }): ReactElement | null {
  const client = useQueryClient();
  const [folder, setFolder] = useState<ChosenFolder | null>(null);
  const upload = useUploads().find(({ record }) => record.datasetId === dataset.id);
  const interrupted = useQuery({
    queryKey: ['interrupted-upload', dataset.id],
    queryFn: () => uploadOf(dataset.id),
    enabled: upload === undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const phase = upload?.state.phase;
  useEffect(() => {
    if (phase !== 'done') return;
    void client.invalidateQueries({ queryKey: ['dataset'] });
    void client.invalidateQueries({ queryKey: keys.datasets });
  }, [phase, client]);
  if (dataset.status === 'archived') return null;
  const record = upload === undefined ? (interrupted.data ?? null) : null;
  const take = (chosen: ChosenFolder): void => {
    if (record !== null && chosen.name === record.folder && chosen.faults.length === 0) continueUpload(record, chosen);
    else setFolder(chosen);
  };
  const discard = async (id: string): Promise<void> => {
    await removeUpload(id);
    await interrupted.refetch();
  };
  const isFree = upload === undefined || phase === 'done';
  return (
    <>
      {upload !== undefined && <UploadCard upload={upload} />}
      {record !== null && <Interrupted record={record} onFolder={take} onDiscard={() => void discard(record.id)} />}
      {isFree && (
        <FolderDrop onFolder={take}>
          {record === null
            ? `Drop a folder to make version ${(dataset.version ?? 0) + 1}.`
            : `Drop the folder ${record.folder} to continue.`}
        </FolderDrop>
      )}
      {folder !== null && <UploadDialog dataset={dataset} folder={folder} onClose={() => setFolder(null)} />}
    </>
  );
}
