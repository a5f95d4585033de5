import { datasetVersionViewSchema, type DatasetView } from '@artenic/core';
import { useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Input } from '../../components/field.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi } from '../../lib/api.ts';
import { datasetAddress } from '../../lib/dataset-queries.ts';
import { useDatasetChange } from './use-dataset-change.ts';

/** Makes a new version with the files of an older version. */
export function RestoreVersion(props: {
  readonly dataset: DatasetView;
  readonly version: number;
  readonly onClose: () => void;
}): ReactElement {
  const { dataset, version, onClose } = props;
  const [message, setMessage] = useState(`Restore version ${version}`);
  const toast = useToast();
  const restore = useDatasetChange(
    (text: string, idempotencyKey) =>
      callApi(datasetAddress(dataset.name, '/versions'), datasetVersionViewSchema, {
        method: 'POST',
        json: { restore: version, message: text, expectedVersion: dataset.version ?? 0 },
        idempotencyKey,
      }),
    (made) => {
      toast({ tone: 'ok', title: `${dataset.name} v${made.version} has the files of v${version}` });
      onClose();
    },
  );
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Restore version ${version}?`}
      description={`Its files become version ${(dataset.version ?? 0) + 1}. Version ${dataset.version} and all others stay as they are.`}
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" icon="recover" isBusy={restore.isPending} onClick={() => restore.mutate(message)}>
            Restore version {version}
          </Button>
        </>
      }
    >
      <Input label="Message" maxLength={2000} value={message} onChange={(event) => setMessage(event.target.value)} />
    </Dialog>
  );
}
