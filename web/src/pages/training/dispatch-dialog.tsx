import { jobViewSchema } from '@artenic/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { readExactJson, type JsonProblem } from '../../components/json/json-text.ts';
import { JsonEditor } from '../../components/json-editor.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { ErrorState } from '../../components/states.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError, type ApiError } from '../../lib/api.ts';
import { jobQuery, keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';
import { uploadObject } from '../../lib/upload.ts';
import type { ChosenFiles } from './data-files.tsx';
import { check, dataOf, draftOf, draftOfSpec, emptyDraft, problemsOfApi, withField, type Draft } from './spec-draft.ts';
import { SpecForm } from './spec-form.tsx';

type View = 'form' | 'json';
type Order = { readonly draft: Draft; readonly file: File | null; readonly chosen: ChosenFiles };
const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

/** Submits the job. A repeated submit (double click, lost answer) creates no second job. */
function useDispatch(onDone: () => void) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const sent = useRef<{ readonly text: string; readonly key: string } | null>(null);
  return useMutation({
    mutationFn: async ({ draft, file, chosen }: Order) => {
      for (const sha256 of new Set(dataOf(draft).map((item) => item.sha256))) {
        const data = chosen.get(sha256);
        if (data !== undefined) await uploadObject('data', data);
      }
      const whole =
        file === null ? draft : withField(draft, ['package'], { sha256: await uploadObject('packages', file) });
      const text = JSON.stringify(whole);
      if (sent.current?.text !== text) sent.current = { text, key: randomKey() };
      return callApi('/api/v1/jobs', jobViewSchema, {
        method: 'POST',
        json: whole,
        idempotencyKey: sent.current.key,
      });
    },
    onSuccess: async (job) => {
      onDone();
      client.setQueryData(keys.jobSelf(job.id), job);
      void client.invalidateQueries({ queryKey: keys.jobs });
      toast({ tone: 'ok', title: 'Job dispatched', detail: `${job.service} is ${job.state}` });
      await navigate({ to: '/jobs/$jobId', params: { jobId: job.id } });
    },
  });
}

/** Why the API refused the job. */
function Refusal({ refusal }: { readonly refusal: ApiError }): ReactElement {
  return (
    <div role="alert" className="rounded-md border border-bad/25 bg-bad/10 px-3 py-2 text-sm text-bad">
      <p className="font-medium">{refusal.title}</p>
      <p className="text-xs">{refusal.message}</p>
      {refusal.requestId !== null && <p className="mt-1 font-mono text-xs">{refusal.requestId}</p>}
    </div>
  );
}

function Footer(props: {
  /** Number of fields that the last submit found wrong. */
  readonly wrongFields: number;
  readonly isBusy: boolean;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
}): ReactElement {
  const { wrongFields, isBusy, onClose, onSubmit } = props;
  return (
    <>
      <span className="mr-auto text-xs text-muted">
        {wrongFields > 0 && (
          <span role="alert" className="text-bad">
            {wrongFields} {wrongFields === 1 ? 'field needs' : 'fields need'} your attention
          </span>
        )}
      </span>
      <Button kind="ghost" onClick={onClose}>
        Cancel
      </Button>
      <Button kind="primary" icon="play" isBusy={isBusy} onClick={onSubmit}>
        Dispatch
      </Button>
    </>
  );
}

function Unreadable(): ReactElement {
  return (
    <p className="rounded-md bg-raised px-3 py-8 text-center text-sm text-muted">
      The JSON cannot be read yet: mend it there first.
    </p>
  );
}

const views = [
  { value: 'form', label: 'Form' },
  { value: 'json', label: 'JSON' },
] as const;

function Editor({ initial, onClose }: { readonly initial: Draft; readonly onClose: () => void }): ReactElement {
  const [view, setView] = useState<View>('form');
  const [text, setText] = useState(() => pretty(initial));
  const [configText, setConfigText] = useState(() => pretty(initial['config'] ?? {}));
  const [file, setFile] = useState<File | null>(null);
  const [chosen, setChosen] = useState<ChosenFiles>(new Map());
  const [wasTried, setWasTried] = useState(false);
  const dispatch = useDispatch(onClose);

  const draft = draftOf(text);
  const config = readExactJson(configText);
  const isConfigBroken = view === 'form' && !config.isValid;
  const checked = check(draft);
  const refusal = dispatch.error === null ? null : toApiError(dispatch.error);
  const refused = problemsOfApi(refusal?.problem?.errors);
  const problems: readonly JsonProblem[] = [...(wasTried ? checked.problems : []), ...refused];

  const setRaw = (next: string): void => {
    dispatch.reset();
    setText(next);
  };
  const setDraft = (next: Draft): void => setRaw(pretty(next));
  const changeConfig = (next: string): void => {
    setConfigText(next);
    const read = readExactJson(next);
    if (draft !== null && read.isValid) setDraft(withField(draft, ['config'], read.value));
  };
  const show = (next: View): void => {
    setConfigText(pretty(draft?.['config'] ?? {}));
    setView(next);
  };
  const submit = (): void => {
    setWasTried(true);
    if (checked.spec !== null && draft !== null && !isConfigBroken) dispatch.mutate({ draft, file, chosen });
  };

  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title="Dispatch a training job"
      description="Queued immediately; survives restarts of any component."
      footer={
        <Footer
          wrongFields={wasTried ? checked.problems.length : 0}
          isBusy={dispatch.isPending}
          onClose={onClose}
          onSubmit={submit}
        />
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <div className="flex">
          <Segmented label="Write it as" value={view} options={views} onChange={show} />
        </div>
        {refusal !== null && <Refusal refusal={refusal} />}
        {view === 'form' && draft !== null && (
          <SpecForm
            draft={draft}
            onChange={setDraft}
            configText={configText}
            onConfigText={changeConfig}
            file={file}
            onFile={setFile}
            chosen={chosen}
            onChosen={setChosen}
            problems={problems}
          />
        )}
        {view === 'form' && draft === null && <Unreadable />}
        {view === 'json' && <JsonEditor label="Job" rows={18} value={text} onChange={setRaw} problems={problems} />}
      </div>
    </Dialog>
  );
}

/** Dialog for a new job, or for a job based on an earlier one. */
export function DispatchDialog({
  from,
  onClose,
}: {
  readonly from: string | undefined;
  readonly onClose: () => void;
}): ReactElement {
  const query = useQuery({ ...jobQuery(from ?? ''), enabled: from !== undefined });
  if (from === undefined) return <Editor initial={emptyDraft} onClose={onClose} />;
  if (query.data !== undefined) return <Editor initial={draftOfSpec(query.data.spec)} onClose={onClose} />;
  return (
    <Dialog isOpen onClose={onClose} size="lg" title="Dispatch a training job">
      {query.error === null ? (
        <Skeleton className="h-72 w-full" />
      ) : (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} isRetrying={query.isFetching} />
      )}
    </Dialog>
  );
}
