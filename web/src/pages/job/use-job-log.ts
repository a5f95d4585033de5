import { logPageSchema, logStreams, type LiveHint, type LogStream } from '@artenic/core';
import { useEffect, useMemo, useState } from 'react';
import { z } from 'zod';
import { LogLines } from '../../features/logs/log-lines.ts';
import { ApiError, callApi } from '../../lib/api.ts';
import { useLive } from '../../lib/live-context.tsx';

/** Longest time between two reads of both streams: a lost hint delays the log by this much at most. */
const wholeEveryMs = 3000;
const order: readonly LogStream[] = ['setup', 'training'];

/** Where a stream ends, as a hint tells it. */
const endSchema = z.object({ attempt: z.number(), stream: z.enum(logStreams), nextOffset: z.number() });

export type JobLog = { readonly lines: LogLines; readonly error: Error | null; readonly isComplete: boolean };

/** The reads that are due: of everything, or of the streams whose new ends are known. */
class Wanted {
  readonly #ends = new Map<LogStream, number>();
  #isWhole = true;
  #wake: () => void = () => undefined;

  /** Takes an event of the job. */
  take(event: LiveHint, attempt: number): void {
    if (event.kind !== 'job.log' && event.kind !== 'attempt.state') return;
    const end = endSchema.safeParse(event.data);
    if (end.success && end.data.attempt !== attempt) return;
    if (end.success) this.#ends.set(end.data.stream, end.data.nextOffset);
    else this.#isWhole = true;
    this.#wake();
  }

  /** Ends by stream; null for a whole read. */
  next(): ReadonlyMap<LogStream, number> | null {
    const ends = this.#isWhole ? null : new Map(this.#ends);
    this.#isWhole = false;
    this.#ends.clear();
    return ends;
  }

  /** Resolves when something is wanted, or when it is time for a whole read. */
  async wait(wholeAtMs: number): Promise<void> {
    if (!this.#isWhole && this.#ends.size === 0)
      await new Promise<void>((done) => {
        const timer = window.setTimeout(done, Math.max(0, wholeAtMs - performance.now()));
        this.#wake = () => {
          window.clearTimeout(timer);
          done();
        };
      });
    this.#wake = () => undefined;
    if (performance.now() >= wholeAtMs) this.#isWhole = true;
  }

  stop(): void {
    this.#wake();
  }
}

type Place = { readonly jobId: string; readonly attempt: number; readonly lines: LogLines };

/** Reads of one attempt's log by byte offset, so that no text is taken twice after an interruption. */
class LogReader {
  readonly #place: Place;
  readonly #signal: AbortSignal;
  readonly #offsets: Record<LogStream, number> = { setup: 0, training: 0 };

  constructor(place: Place, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  /** Reads a stream up to `end`, or to its present end. @returns whether the stream has ended */
  async #takeAll(stream: LogStream, end: number): Promise<boolean> {
    const { jobId, attempt, lines } = this.#place;
    for (;;) {
      const offset = this.#offsets[stream];
      const query = { attempt, stream, offset };
      const page = await callApi(`/api/v1/jobs/${jobId}/logs`, logPageSchema, { query, signal: this.#signal });
      if (this.#signal.aborted) return true;
      if (page.droppedBytes > 0) lines.appendGap(stream, page.droppedBytes);
      if (page.text !== '') lines.append(stream, page.text);
      this.#offsets[stream] = page.nextOffset;
      if (page.nextOffset === offset) return page.complete;
      if (page.nextOffset >= end) return false;
    }
  }

  /** All of the setup stream, then the training stream. @returns whether both have ended */
  async takeWhole(): Promise<boolean> {
    let isDone = true;
    for (const stream of order) isDone = (await this.#takeAll(stream, Number.POSITIVE_INFINITY)) && isDone;
    return isDone;
  }

  async takeTo(ends: ReadonlyMap<LogStream, number>): Promise<void> {
    for (const stream of order) {
      const end = ends.get(stream) ?? 0;
      if (end > this.#offsets[stream]) await this.#takeAll(stream, end);
    }
  }
}

/** Live log of an attempt. Hints name the new end of a stream, which is read at once by one request. */
export function useJobLog(jobId: string, attempt: number): JobLog {
  const lines = useMemo(() => new LogLines(), [jobId, attempt]); // oxlint-disable-line react/exhaustive-deps -- one for each
  const [error, setError] = useState<Error | null>(null);
  const [isComplete, setIsComplete] = useState(false);
  const { listen } = useLive();

  useEffect(() => {
    const stop = new AbortController();
    const reader = new LogReader({ jobId, attempt, lines }, stop.signal);
    const wanted = new Wanted();
    const unlisten = listen((event) => {
      if (event.topic === `job:${jobId}`) wanted.take(event, attempt);
    });
    setIsComplete(false);
    setError(null);

    const follow = async (): Promise<void> => {
      let isDone = false;
      let wholeAtMs = 0;
      while (!stop.signal.aborted && !isDone) {
        const ends = wanted.next();
        if (ends === null) wholeAtMs = performance.now() + wholeEveryMs;
        try {
          if (ends === null) isDone = await reader.takeWhole();
          else await reader.takeTo(ends);
          setError(null);
        } catch (caught) {
          if (stop.signal.aborted) return;
          setError(caught instanceof Error ? caught : new Error(String(caught)));
          // A 4xx is a refusal: a retry would get the same answer.
          if (caught instanceof ApiError && caught.status >= 400 && caught.status < 500) return;
        }
        if (!isDone) await wanted.wait(wholeAtMs);
      }
      if (!stop.signal.aborted) setIsComplete(true);
    };
    void follow();
    return () => {
      stop.abort();
      unlisten();
      wanted.stop();
    };
    // oxlint-disable-next-line react/exhaustive-deps -- `listen` is the same for the tab's life
  }, [jobId, attempt, lines]);

  return { lines, error, isComplete };
}
