import { useLocation, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { StaleBanner } from '../../components/states.tsx';
import { LogTail } from '../../features/logs/log-tail.tsx';
import { toApiError } from '../../lib/api.ts';
import { useJobLog } from './use-job-log.ts';

export function JobLog({ jobId, attempt }: { readonly jobId: string; readonly attempt: number }): ReactElement {
  const { lines, error, isComplete } = useJobLog(jobId, attempt);
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const isEmpty = lines.endId === lines.firstId;
  const emptyText =
    error !== null
      ? `The log could not be loaded: ${toApiError(error).message} It is tried again.`
      : isComplete
        ? 'This attempt has written no log.'
        : 'Waiting for the first line …';
  return (
    <>
      {error !== null && !isEmpty && <StaleBanner error={error} onRetry={() => window.location.reload()} />}
      <LogTail
        lines={lines}
        label={`Log of attempt ${attempt}`}
        isLive={!isComplete}
        fileName={`job-${jobId}-attempt-${attempt}.log`}
        hash={hash === '' ? '' : `#${hash.replace(/^#/, '')}`}
        onHashChange={(next) =>
          void navigate({
            search: (old) => old,
            hash: next.replace(/^#/, ''),
            replace: true,
            resetScroll: false,
            hashScrollIntoView: false,
          })
        }
        emptyText={emptyText}
        className="h-[30rem]"
      />
    </>
  );
}
