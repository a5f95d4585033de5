import { formatSize } from '@artenic/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { Progress } from '../../components/progress.tsx';
import { formatCount } from '../../lib/format.ts';
import type { UploadPhase, UploadState } from './upload-run.ts';
import { dropUpload, type Upload } from './uploads.ts';

const phaseWords: Readonly<Record<UploadPhase, string>> = {
  hashing: 'Reading the files',
  comparing: 'Comparing with the newest version',
  sending: 'Sending what the server lacks',
  committing: 'Making the version',
  done: 'Done',
  conflict: 'Another version came first',
  failed: 'Stopped',
};

const shareOf = (done: number, all: number): number => (all === 0 ? 1 : done / all);

function Line(props: { readonly label: string; readonly note: string; readonly share: number }): ReactElement {
  return (
    <div>
      <p className="mb-1 flex flex-wrap justify-between gap-x-3 text-xs">
        <span className="font-medium">{props.label}</span>
        <span className="text-muted tabular-nums">{props.note}</span>
      </p>
      <Progress label={props.label} value={props.share} />
    </div>
  );
}

function Work({ upload: { record, state } }: { readonly upload: Upload }): ReactElement {
  const { phase, hashed, changed, stored, active } = state;
  return (
    <div className="grid grid-cols-1 gap-3">
      <Line
        label="Read"
        note={`${formatCount(hashed.files)} of ${formatCount(record.files)} files, ${formatSize(hashed.bytes)} of ${formatSize(record.bytes)}`}
        share={shareOf(hashed.files, record.files)}
      />
      <Line
        label="Stored"
        note={
          phase === 'hashing' || phase === 'comparing'
            ? 'after reading'
            : `${formatCount(stored.files)} of ${formatCount(changed.files)} new contents, ${formatSize(stored.bytes)} of ${formatSize(changed.bytes)}`
        }
        share={phase === 'hashing' || phase === 'comparing' ? 0 : shareOf(stored.files, changed.files)}
      />
      {active.length > 0 && (
        <ul aria-label="Files that are being sent" className="grid grid-cols-1 gap-x-6 gap-y-1 sm:grid-cols-2">
          {active.map(({ path, share }) => (
            <li key={path} className="grid grid-cols-[minmax(0,1fr)_7rem] items-center gap-3 text-xs">
              <code className="truncate font-mono text-muted" title={path}>
                {path}
              </code>
              <Progress label={path} value={share} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Problem({ state }: { readonly state: UploadState }): ReactElement | null {
  const { error, phase } = state;
  if (error === null) return null;
  return (
    <div role="alert" className="text-sm">
      <p className="flex items-start gap-2 font-medium text-bad">
        <Icon name="warning" className="mt-0.5 size-4" />
        {error.title}
      </p>
      <p className="mt-1 break-words text-muted">{error.message}</p>
      {(error.problem?.errors ?? []).length > 1 && (
        <ul className="mt-2 max-h-40 list-disc overflow-y-auto pl-5 text-xs text-muted">
          {error.problem?.errors?.map(({ pointer, message }) => (
            <li key={pointer} className="break-words">
              {message}
            </li>
          ))}
        </ul>
      )}
      <p className="mt-1 text-muted">
        {phase === 'conflict'
          ? 'All files are stored. Look at what the newest version changed, then upload on top of it, or discard the upload.'
          : 'What was sent is kept.'}
      </p>
    </div>
  );
}

function Done({ upload: { record, state } }: { readonly upload: Upload }): ReactElement {
  const { made } = state;
  if (made === null)
    return (
      <p className="text-sm">
        Nothing has changed: the newest version of {record.dataset} has these {formatCount(record.files)} files already.
      </p>
    );
  return (
    <p className="text-sm">
      Version {made.version}: {formatCount(made.added)} added, {formatCount(made.changed)} changed,{' '}
      {formatCount(made.removed)} removed.{' '}
      <Link
        to="/datasets/$name"
        params={{ name: record.dataset }}
        search={{ tab: 'versions', diff: made.version }}
        className="text-accent hover:underline"
      >
        Show the changes
      </Link>
    </p>
  );
}

function Actions({ upload }: { readonly upload: Upload }): ReactNode {
  const { run, state, record } = upload;
  const discard = (
    <Button size="sm" kind="ghost" onClick={() => void dropUpload(upload)}>
      Discard upload
    </Button>
  );
  switch (state.phase) {
    case 'done':
      return (
        <Button size="sm" kind="ghost" onClick={() => void dropUpload(upload)}>
          Close
        </Button>
      );
    case 'conflict':
      return (
        <>
          {discard}
          <Link
            to="/datasets/$name"
            params={{ name: record.dataset }}
            search={{ tab: 'versions' }}
            className="text-xs font-medium text-accent hover:underline"
          >
            Show versions
          </Link>
          <Button size="sm" icon="upload" onClick={() => void run.rebase()}>
            Upload on top
          </Button>
        </>
      );
    case 'failed':
      return (
        <>
          {discard}
          <Button size="sm" icon="recover" onClick={() => void run.run()}>
            Retry
          </Button>
        </>
      );
    case 'committing':
      return null;
    case 'hashing':
    case 'comparing':
    case 'sending':
      return (
        <>
          {discard}
          <Button
            size="sm"
            icon={state.isPaused ? 'play' : 'pause'}
            onClick={() => (state.isPaused ? run.continue() : run.pause())}
          >
            {state.isPaused ? 'Continue' : 'Pause'}
          </Button>
        </>
      );
  }
}

/** An upload of this page: how far it is, and what can be done with it. */
export function UploadCard({ upload }: { readonly upload: Upload }): ReactElement {
  const { state, record } = upload;
  const isStopped = state.phase === 'failed' || state.phase === 'conflict';
  return (
    <Card
      title={`Upload of ${record.folder}`}
      note={
        <span role="status">
          {state.isPaused && state.phase !== 'done' && !isStopped ? 'Paused' : phaseWords[state.phase]}
        </span>
      }
      actions={<Actions upload={upload} />}
      tone={isStopped ? 'bad' : undefined}
      className="mb-4"
    >
      {state.phase === 'done' ? (
        <Done upload={upload} />
      ) : (
        <div className="grid grid-cols-1 gap-4">
          <Problem state={state} />
          {!isStopped && <Work upload={upload} />}
        </div>
      )}
    </Card>
  );
}
