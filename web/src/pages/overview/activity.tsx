import { shortId, jobStates, modelStages, strayReasons, type LiveEvent } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { z } from 'zod';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { toneText } from '../../components/status-dot.tsx';
import { activityQuery } from '../../lib/queries.ts';
import { jobStatus, stageStatus, strayWords, type Status } from '../../lib/status.ts';

const straySchema = z.object({ provider: z.string(), reason: z.enum(strayReasons) });

const eventSchema = z.union([
  z.object({
    kind: z.literal('job.state'),
    subject: z.string(),
    data: z.object({ state: z.enum(jobStates), service: z.string(), message: z.string(), attempt: z.number() }),
  }),
  z.object({ kind: z.literal('model.version'), subject: z.string(), data: z.object({ version: z.number() }) }),
  z.object({
    kind: z.literal('model.stage'),
    subject: z.string(),
    data: z.object({ version: z.number(), to: z.enum(modelStages), reason: z.string() }),
  }),
  z.object({ kind: z.literal('instance.unresolved'), subject: z.string(), data: straySchema }),
  z.object({ kind: z.literal('instance.resolved'), subject: z.string(), data: straySchema }),
]);

const shown = 14;

type Entry = { readonly status: Status; readonly what: ReactNode; readonly detail: string };

function entryOf(event: LiveEvent): Entry | null {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return null;
  const known = parsed.data;
  const { subject } = known;
  if (known.kind === 'job.state') {
    const { state, service, message } = known.data;
    return {
      status: jobStatus[state],
      what: (
        <Link to="/jobs/$jobId" params={{ jobId: subject }} className="font-medium text-ink hover:underline">
          {service} <span className="font-mono text-xs font-normal text-muted">{shortId(subject)}</span>
        </Link>
      ),
      // A succeeded job needs no detail, and a waiting job's message repeats its state.
      detail: state === 'succeeded' || state === 'waiting' ? '' : message,
    };
  }
  if (known.kind === 'instance.unresolved' || known.kind === 'instance.resolved') {
    const isOver = known.kind === 'instance.resolved';
    const { provider, reason } = known.data;
    return {
      status: isOver
        ? { label: 'Instance ended', icon: 'check', tone: 'ok' }
        : { label: 'Orphaned instance', icon: 'warning', tone: 'bad' },
      what: (
        <Link to="/providers" className="font-medium text-ink hover:underline">
          {provider} <span className="font-mono text-xs font-normal text-muted">{subject}</span>
        </Link>
      ),
      detail: isOver ? '' : strayWords[reason],
    };
  }
  const { version } = known.data;
  const link = (
    <Link
      to="/models/$name"
      params={{ name: subject }}
      search={{ version }}
      className="font-medium text-ink hover:underline"
    >
      {subject} <span className="text-muted tabular-nums">v{version}</span>
    </Link>
  );
  if (known.kind === 'model.version')
    return { status: { label: 'New version', icon: 'plus', tone: 'accent' }, what: link, detail: '' };
  return { status: stageStatus[known.data.to], what: link, detail: known.data.reason };
}

function ActivityItem({ event, entry }: { readonly event: LiveEvent; readonly entry: Entry }): ReactElement {
  const { status, what, detail } = entry;
  return (
    <li data-event={event.sequence} className="flex gap-3 px-4 py-2.5">
      <span
        className={`mt-0.5 flex size-5 items-center justify-center rounded-full bg-raised ${toneText[status.tone]}`}
      >
        <Icon name={status.icon} className="size-3" />
      </span>
      <div className="min-w-0 flex-1 text-sm">
        <div className="flex items-baseline justify-between gap-3">
          <span className="min-w-0 truncate">{what}</span>
          <span className="text-xs text-muted">
            <RelativeTime at={event.at} />
          </span>
        </div>
        <p className="truncate text-xs text-muted" title={detail}>
          {status.label}
          {detail === '' ? '' : ` · ${detail}`}
        </p>
      </div>
    </li>
  );
}

/** Only the newest event of each job and each version: the list shows current states, not every step. */
function newestOfEach(events: readonly LiveEvent[]): readonly LiveEvent[] {
  const seen = new Set<string>();
  return events.filter(({ topic, subject, data }) => {
    const what = JSON.stringify([topic, subject, data['version'] ?? null]);
    const isNew = !seen.has(what);
    seen.add(what);
    return isNew;
  });
}

export function Activity(): ReactElement {
  const query = useQuery(activityQuery);
  return (
    <Card title="Activity" isFlush className="lg:row-span-2">
      <QueryPanel query={query} skeleton={<SkeletonRows rows={8} />}>
        {({ items }) => {
          const entries = newestOfEach(items).flatMap((event) => {
            const entry = entryOf(event);
            return entry === null ? [] : [{ event, entry }];
          });
          if (entries.length === 0)
            return (
              <EmptyState icon="clock" title="No activity yet">
                Changes of jobs, models and instances appear here, newest first.
              </EmptyState>
            );
          return (
            <ol className="divide-y divide-line/60 py-1" aria-label="Newest first">
              {entries.slice(0, shown).map(({ event, entry }) => (
                <ActivityItem key={event.sequence} event={event} entry={entry} />
              ))}
            </ol>
          );
        }}
      </QueryPanel>
    </Card>
  );
}
