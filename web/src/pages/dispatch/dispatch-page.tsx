import { jobSpecSchema, type JobSpec, type TextIssue } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent, type ReactElement, type RefObject } from 'react';
import { stringify } from 'yaml';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import type { EditorHandle } from '../../components/code-editor.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Progress } from '../../components/progress.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { emptyText, placed } from '../../features/dispatch/draft-text.ts';
import { missing, type Holdings } from '../../features/dispatch/materials.ts';
import { useKnownNames } from '../../features/dispatch/use-known-names.ts';
import { useDrop } from '../../features/dispatch/use-drop.ts';
import type { ApiError } from '../../lib/api.ts';
import { jobQuery, providersQuery } from '../../lib/queries.ts';
import { DispatchForm } from './dispatch-form.tsx';
import { FirstLaunch, placedOf } from './first-launch.tsx';
import { useDispatch, type Dispatch } from './use-dispatch.ts';
import { useJobDraft, type JobDraft } from './use-job-draft.ts';
import { YamlPart } from './yaml-part.tsx';

type View = 'form' | 'yaml';
const views = [
  { value: 'form', label: 'Form' },
  { value: 'yaml', label: 'YAML' },
] as const;

/** A job as text: the fields that were given, without the schema's defaults. */
function textOf(spec: JobSpec): string {
  const bare: Readonly<Record<string, unknown>> = jobSpecSchema.parse({ service: spec.service, command: spec.command });
  const given = Object.entries(spec).filter(
    ([name, value]) => ['service', 'command'].includes(name) || JSON.stringify(value) !== JSON.stringify(bare[name]),
  );
  return stringify(Object.fromEntries(given), { lineWidth: 0 });
}

/** Why the API refused the job. Faults of fields are shown at their fields as well. */
function Refusal({ refusal }: { readonly refusal: ApiError }): ReactElement {
  return (
    <div role="alert" className="rounded-md border border-bad/25 bg-bad/10 px-3 py-2 text-sm text-bad">
      <p className="font-medium">{refusal.title}</p>
      <p className="text-xs">{refusal.message}</p>
      {refusal.requestId !== null && <p className="mt-1 font-mono text-xs">{refusal.requestId}</p>}
    </div>
  );
}

function SendBar({ dispatch, faults }: { readonly dispatch: Dispatch; readonly faults: number }): ReactElement {
  const { progress, isBusy } = dispatch;
  return (
    <div className="sticky bottom-16 z-10 flex flex-wrap items-center gap-3 rounded-lg border border-line bg-surface px-4 py-3 shadow-pop lg:bottom-3">
      <div className="min-w-40 flex-1 text-xs text-muted">
        {progress !== null && (
          <>
            <p className="mb-1" role="status">
              {progress.label}
            </p>
            <Progress value={progress.share} label={progress.label} />
          </>
        )}
        {progress === null && faults > 0 && (
          <p role="alert" className="text-bad">
            {faults} {faults === 1 ? 'field needs' : 'fields need'} your attention
          </p>
        )}
      </div>
      <Button kind="primary" icon="play" type="submit" isBusy={isBusy}>
        Dispatch
      </Button>
    </div>
  );
}

type Part = { readonly job: JobDraft; readonly faults: readonly TextIssue[] };

function FormPart({ job, faults }: Part): ReactElement {
  const { data: providers = [] } = useQuery(providersQuery);
  const { draft } = job.reading;
  if (draft === null)
    return (
      <p className="rounded-md bg-raised px-3 py-8 text-center text-sm text-muted">
        The YAML cannot be read yet. Correct it there first.
      </p>
    );
  return (
    <DispatchForm
      draft={draft}
      faults={faults}
      holdings={job.holdings}
      providers={providers.map(({ name }) => name)}
      config={job.config}
      onConfig={job.setConfig}
      onValue={job.setValue}
      onFolder={(folder) => job.take({ folder, files: [] })}
      onFiles={(files) => job.take({ folder: null, files })}
    />
  );
}

/** The first field that is marked as wrong gets the focus; groups with faults have opened by then. */
function useFocusOnFault(form: RefObject<HTMLFormElement | null>): () => void {
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (asked > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [asked, form]);
  return () => setAsked((count) => count + 1);
}

/** The last submit: paths without a file, for this text and these files. */
type Tried = { readonly text: string; readonly holdings: Holdings; readonly lacking: readonly TextIssue[] };

function Editor({ initial }: { readonly initial: string }): ReactElement {
  const job = useJobDraft(initial);
  const dispatch = useDispatch();
  const known = useKnownNames();
  const [view, setView] = useState<View>('form');
  const [tried, setTried] = useState<Tried | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const editor = useRef<EditorHandle>(null);
  const focusOnFault = useFocusOnFault(form);
  const isOver = useDrop((dropped) => void dropped.then(job.take));
  const { reading, text } = job;
  // Faults of the last submit hold until something is changed.
  const isUnchanged = tried?.text === text && tried.holdings === job.holdings;
  const refusal = isUnchanged ? dispatch.refusal : null;
  const refused = placed(text, refusal?.problem?.errors ?? []);
  const lacking = isUnchanged ? placed(text, tried.lacking) : [];
  const faults = [...reading.faults, ...lacking, ...refused];
  const isTried = tried !== null;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const lacks = reading.file === null ? [] : await missing(reading.file, job.holdings);
    setTried({ text, holdings: job.holdings, lacking: lacks });
    if (reading.file !== null && lacks.length === 0 && !job.isConfigBroken) {
      dispatch.send({ file: reading.file, holdings: job.holdings });
      return;
    }
    const [first] = [...reading.faults, ...placed(text, lacks)];
    if (view === 'yaml' && first !== undefined) editor.current?.goTo(first);
    else focusOnFault();
  };
  return (
    <form ref={form} noValidate className="grid grid-cols-1 gap-4" onSubmit={(event) => void submit(event)}>
      <Card
        title="Job"
        isFlush
        className={isOver ? 'outline-2 outline-accent' : ''}
        {...(job.note === null
          ? {}
          : { note: <span className={job.note.isBad ? 'text-bad' : ''}>{job.note.text}</span> })}
        actions={
          <Segmented
            label="Edit as"
            value={view}
            options={views}
            onChange={(next) => (job.isConfigBroken ? focusOnFault() : setView(next))}
          />
        }
      >
        <div className="grid grid-cols-1 gap-4 p-4">
          {refusal !== null && <Refusal refusal={refusal} />}
          {view === 'form' && <FormPart job={job} faults={isTried ? faults : refused} />}
          {view === 'yaml' && <YamlPart ref={editor} text={text} onText={job.setText} faults={faults} known={known} />}
        </div>
      </Card>
      <FirstLaunch placed={placedOf(reading.draft)} />
      <SendBar dispatch={dispatch} faults={isTried ? faults.length : 0} />
    </form>
  );
}

/** Page for a new job, or for a job based on an earlier one. */
export function DispatchPage(): ReactElement {
  const { from } = useSearch({ from: '/shell/jobs/new' });
  const query = useQuery({ ...jobQuery(from ?? ''), enabled: from !== undefined });
  return (
    <>
      <PageHeader
        title="Dispatch job"
        documentTitle="Training · dispatch"
        crumbs={[{ label: 'Training', to: '/jobs' }]}
        description="Drop a folder with its artenic.yaml anywhere on this page, or fill in the form. Queued immediately; survives restarts of any component."
      />
      {from === undefined ? (
        <Editor initial={emptyText} />
      ) : (
        <QueryPanel query={query} skeleton={<Skeleton className="h-[40rem] w-full" />}>
          {(job) => <Editor key={job.id} initial={textOf(job.spec)} />}
        </QueryPanel>
      )}
    </>
  );
}
