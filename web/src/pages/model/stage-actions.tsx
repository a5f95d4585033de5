import { modelVersionViewSchema, type ModelVersionView } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Input } from '../../components/field.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';

type Verb = 'promote' | 'retire';

const nameOf = (version: ModelVersionView): string => `${version.model} v${version.version}`;

function useStageChange(version: ModelVersionView, verb: Verb, onDone: () => void) {
  const key = useRef(randomKey());
  const client = useQueryClient();
  const toast = useToast();
  const what = nameOf(version);
  return useMutation({
    mutationFn: (reason: string) =>
      callApi(`/api/v1/models/${version.model}/versions/${version.version}/${verb}`, modelVersionViewSchema, {
        method: 'POST',
        json: { reason },
        idempotencyKey: key.current,
      }),
    onSuccess: async () => {
      onDone();
      toast({ tone: 'ok', title: verb === 'promote' ? `${what} is in production` : `${what} is retired` });
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.model(version.model) }),
        client.invalidateQueries({ queryKey: keys.models }),
        client.invalidateQueries({ queryKey: keys.overview }),
      ]);
    },
    onError: (error) => {
      // A changed reason makes a new request, with a new idempotency key.
      key.current = randomKey();
      toast({ tone: 'bad', title: toApiError(error).title, detail: toApiError(error).message });
    },
  });
}

function StageDialog(props: {
  readonly version: ModelVersionView;
  readonly verb: Verb;
  readonly production: number | null;
  readonly onClose: () => void;
}): ReactElement {
  const { version, verb, production, onClose } = props;
  const [reason, setReason] = useState('');
  const [name, setName] = useState('');
  const what = nameOf(version);
  const change = useStageChange(version, verb, onClose);
  const isConfirmed = verb === 'promote' || name === version.model;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={verb === 'promote' ? `Promote ${what}?` : `Retire ${what} for good?`}
      description={
        verb === 'promote'
          ? production === null
            ? 'It answers predictions that name no version.'
            : `It takes over from version ${production}, which goes back to staging.`
          : 'A retired version serves no predictions and cannot be restored. Its file and history are kept.'
      }
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            kind={verb === 'promote' ? 'primary' : 'danger'}
            icon={verb === 'promote' ? 'bolt' : 'archive'}
            isBusy={change.isPending}
            disabled={!isConfirmed}
            onClick={() => change.mutate(reason)}
          >
            {verb === 'promote' ? 'Promote' : 'Retire'}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <Input
          label="Reason"
          placeholder="Reason (shown in the history)"
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {verb === 'retire' && (
          <Input
            label={`Type ${version.model} to confirm`}
            autoComplete="off"
            isMono
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </div>
    </Dialog>
  );
}

export function StageActions({
  version,
  production,
}: {
  readonly version: ModelVersionView;
  readonly production: number | null;
}): ReactElement | null {
  const [verb, setVerb] = useState<Verb | null>(null);
  if (version.stage === 'retired') return null;
  return (
    <>
      <Button kind="danger" icon="archive" onClick={() => setVerb('retire')}>
        Retire
      </Button>
      {version.stage !== 'production' && (
        <Button kind="primary" icon="bolt" onClick={() => setVerb('promote')}>
          Promote v{version.version}
        </Button>
      )}
      {verb !== null && (
        <StageDialog version={version} verb={verb} production={production} onClose={() => setVerb(null)} />
      )}
    </>
  );
}
