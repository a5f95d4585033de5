import { runViewSchema, type RunState, type RunView } from '@artenic/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { StatusBadge } from '../components/badge.tsx';
import { Card } from '../components/card.tsx';
import { DetailList, DetailRow } from '../components/detail-row.tsx';
import { Duration } from '../components/duration.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { QueryPanel } from '../components/query-panel.tsx';
import { RelativeTime } from '../components/relative-time.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { LineagePanel } from '../features/lineage/lineage-panel.tsx';
import { callApi } from '../lib/api.ts';
import { jobStatus, type Status } from '../lib/status.ts';

const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id],
    queryFn: ({ signal }) => callApi(`/api/v1/runs/${encodeURIComponent(id)}`, runViewSchema, { signal }),
  });

const runStatus: Readonly<Record<RunState, Status>> = {
  queued: jobStatus.queued,
  running: jobStatus.running,
  succeeded: jobStatus.succeeded,
  failed: jobStatus.failed,
  cancelled: jobStatus.cancelled,
};

function Values({ values }: { readonly values: Readonly<Record<string, unknown>> }): ReactElement {
  const rows = Object.entries(values);
  if (rows.length === 0) return <p className="px-4 py-3 text-sm text-muted">None reported.</p>;
  return (
    <DetailList>
      {rows.map(([name, value]) => (
        <DetailRow key={name} label={name}>
          <span className="font-mono text-xs">{typeof value === 'string' ? value : JSON.stringify(value)}</span>
        </DetailRow>
      ))}
    </DetailList>
  );
}

function Run({ run }: { readonly run: RunView }): ReactElement {
  const { id, triggeredBy, createdAt, startedAt, finishedAt, metrics, parameters } = run;
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card title="About" isFlush>
        <DetailList>
          <DetailRow label="Id">{id}</DetailRow>
          <DetailRow label="Started by">{triggeredBy}</DetailRow>
          <DetailRow label="Created">
            <RelativeTime at={createdAt} />
          </DetailRow>
          {startedAt !== null && (
            <DetailRow label="Duration">
              <Duration from={startedAt} to={finishedAt} />
            </DetailRow>
          )}
        </DetailList>
      </Card>
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
        <Card title="Metrics" isFlush>
          <Values values={metrics} />
        </Card>
        <Card title="Parameters" isFlush>
          <Values values={parameters} />
        </Card>
      </div>
      <Card title="Lineage" isFlush>
        <LineagePanel kind="run" id={id} />
      </Card>
    </div>
  );
}

/** A training outside of the platform. The run of a job is shown on the job's page. */
export function RunPage(): ReactElement {
  const { runId } = useParams({ from: '/shell/runs/$runId' });
  const navigate = useNavigate();
  const query = useQuery(runQuery(runId));
  const jobId = query.data?.jobId ?? null;
  useEffect(() => {
    if (jobId !== null) void navigate({ to: '/jobs/$jobId', params: { jobId }, search: {}, replace: true });
  }, [jobId, navigate]);
  const name = query.data?.name ?? 'Run';
  return (
    <>
      <PageHeader
        title={name}
        documentTitle={`Training · ${name}`}
        crumbs={[{ label: 'Training', to: '/jobs' }, { label: name }]}
        beside={query.data !== undefined && <StatusBadge status={runStatus[query.data.status]} />}
      />
      <QueryPanel query={query} skeleton={<Skeleton className="h-72 rounded-lg" />}>
        {(run) => <Run run={run} />}
      </QueryPanel>
    </>
  );
}
