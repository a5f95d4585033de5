import { shortId, type StageChangeView } from '@artenic/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { toneText } from '../../components/status-dot.tsx';
import { stageStatus } from '../../lib/status.ts';

const trainedBy = /^trained by job ([0-9a-f-]{36})$/;

function Reason({ text }: { readonly text: string }): ReactElement {
  const jobId = trainedBy.exec(text)?.[1];
  if (jobId === undefined) return <>{text}</>;
  return (
    <>
      trained by{' '}
      <Link to="/jobs/$jobId" params={{ jobId }} className="font-mono text-accent hover:underline">
        {shortId(jobId)}
      </Link>
    </>
  );
}

/** Stage changes with principal, version, time and reason; newest first. */
export function StageHistory({ changes }: { readonly changes: readonly StageChangeView[] }): ReactElement {
  return (
    <ol className="relative px-4 py-3">
      {changes.toReversed().map((change, place) => {
        const { icon, tone, label } = stageStatus[change.to];
        return (
          <li key={`${change.at} ${change.version} ${change.to}`} className="relative flex gap-3 pb-4 last:pb-0">
            {place < changes.length - 1 && (
              <span aria-hidden="true" className="absolute top-6 bottom-0 left-2.5 w-px bg-line" />
            )}
            <span
              className={`relative mt-0.5 flex size-5 shrink-0 items-center justify-center rounded-full bg-raised ${toneText[tone]}`}
            >
              <Icon name={icon} className="size-3" />
            </span>
            <div className="min-w-0 flex-1 text-sm">
              <p>
                <span className="font-medium tabular-nums">v{change.version}</span>{' '}
                <span className="text-muted">{change.from === null ? 'registered' : `to ${label.toLowerCase()}`}</span>
              </p>
              <p className="text-xs text-muted">
                {change.by} · <RelativeTime at={change.at} />
              </p>
              {change.reason !== '' && (
                <p className="mt-0.5 text-xs break-words">
                  <Reason text={change.reason} />
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
