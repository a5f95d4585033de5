import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { StaleBanner } from '../../components/states.tsx';
import { lineHash } from '../../features/logs/line-hash.ts';
import { LogTail } from '../../features/logs/log-tail.tsx';
import { toApiError } from '../../lib/api.ts';
import { logEndHash } from './job-tabs.ts';
import { useJobLog } from './use-job-log.ts';

/** Lines that a link to the end of a log selects. */
const endLines = 15;

export function JobLog({ jobId, attempt }: { readonly jobId: string; readonly attempt: number }): ReactElement {
  const { lines, error, isComplete } = useJobLog(jobId, attempt);
  const location = useLocation({ select: ({ hash }) => hash });
  const hash = location === '' ? '' : `#${location.replace(/^#/, '')}`;
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const setHash = (next: string): void =>
    void navigate({
      search: (old) => ({ ...old, tab: 'log' }),
      hash: next.replace(/^#/, ''),
      replace: true,
      resetScroll: false,
      hashScrollIntoView: false,
    });
  useEffect(() => {
    if (hash !== logEndHash || !isComplete) return;
    const source = lines.bySource.training > 0 ? 'training' : 'setup';
    const to = lines.bySource[source];
    if (to > 0) setHash(lineHash({ source, from: Math.max(1, to - endLines + 1), to }));
    // oxlint-disable-next-line react/exhaustive-deps -- once, when the last line is there
  }, [hash, isComplete]);
  const isEmpty = lines.endId === lines.firstId;
  const emptyText =
    error !== null
      ? `The log could not be loaded: ${toApiError(error).message} It is tried again.`
      : isComplete
        ? 'This attempt wrote no output.'
        : 'Waiting for the first line …';
  return (
    <>
      {error !== null && !isEmpty && <StaleBanner error={error} onRetry={() => window.location.reload()} />}
      <LogTail
        lines={lines}
        label={`Log of attempt ${attempt}`}
        isLive={!isComplete}
        fileName={`job-${jobId}-attempt-${attempt}.log`}
        hash={hash}
        onHashChange={setHash}
        emptyText={emptyText}
        className="h-[max(26rem,calc(100dvh-18rem))]"
      />
    </>
  );
}
