import { logPageSchema, type LogStream } from '@artenic/core';
import { useEffect, useMemo, useState } from 'react';
import { LogLines } from '../../features/logs/log-lines.ts';
import { ApiError, callApi } from '../../lib/api.ts';
import { useLive } from '../../lib/live-context.tsx';

/** Poll interval, in addition to live hints: a lost hint delays the log by this much at most. */
const pollMs = 3000;
const order: readonly LogStream[] = ['setup', 'training'];

export type JobLog = { readonly lines: LogLines; readonly error: Error | null; readonly isComplete: boolean };

/**
 * Live log of an attempt: all of the setup stream, then the training stream. Pages are read by byte offset, so that no
 * text is taken twice after an interruption.
 */
export function useJobLog(jobId: string, attempt: number): JobLog {
  const lines = useMemo(() => new LogLines(), [jobId, attempt]); // oxlint-disable-line react/exhaustive-deps -- one for each
  const [error, setError] = useState<Error | null>(null);
  const [isComplete, setIsComplete] = useState(false);
  const { listen } = useLive();

  useEffect(() => {
    const stop = new AbortController();
    const offsets: Record<LogStream, number> = { setup: 0, training: 0 };
    let wake: () => void = () => undefined;
    const unlisten = listen((event) => {
      if (event.kind === 'job.log' && event.topic === `job:${jobId}`) wake();
    });
    setIsComplete(false);
    setError(null);

    /** Reads to the current end of the stream. @returns whether the stream has ended */
    const takeAll = async (stream: LogStream): Promise<boolean> => {
      for (;;) {
        const query = { attempt, stream, offset: offsets[stream] };
        const page = await callApi(`/api/v1/jobs/${jobId}/logs`, logPageSchema, { query, signal: stop.signal });
        if (stop.signal.aborted) return true;
        if (page.droppedBytes > 0) lines.appendGap(stream, page.droppedBytes);
        if (page.text !== '') lines.append(stream, page.text);
        const isAtEnd = page.nextOffset === offsets[stream];
        offsets[stream] = page.nextOffset;
        if (isAtEnd) return page.complete;
      }
    };
    const rest = (): Promise<void> =>
      new Promise((done) => {
        const timer = window.setTimeout(done, pollMs);
        wake = () => {
          window.clearTimeout(timer);
          done();
        };
      });
    const follow = async (): Promise<void> => {
      let isDone = false;
      while (!stop.signal.aborted && !isDone) {
        try {
          isDone = true;
          for (const stream of order) isDone = (await takeAll(stream)) && isDone;
          setError(null);
        } catch (caught) {
          if (stop.signal.aborted) return;
          isDone = false;
          setError(caught instanceof Error ? caught : new Error(String(caught)));
          // A 4xx is a refusal: a retry would get the same answer.
          if (caught instanceof ApiError && caught.status >= 400 && caught.status < 500) return;
        }
        if (!isDone) await rest();
      }
      if (!stop.signal.aborted) setIsComplete(true);
    };
    void follow();
    return () => {
      stop.abort();
      unlisten();
      wake();
    };
    // oxlint-disable-next-line react/exhaustive-deps -- `listen` is the same for the tab's life
  }, [jobId, attempt, lines]);

  return { lines, error, isComplete };
}
