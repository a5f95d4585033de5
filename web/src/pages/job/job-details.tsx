import { formatSize, type JobView, type OutputFile } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { ModelVersionLink } from '../../components/model-version-link.tsx';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { DetailList, DetailRow } from '../../components/detail-row.tsx';
import { Icon } from '../../components/icon.tsx';
import { Highlighted } from '../../components/json/highlighted.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { outputsQuery } from '../../lib/queries.ts';

export function JobDetails({ job }: { readonly job: JobView }): ReactElement {
  const { resources, placement } = job.spec;
  return (
    <Card title="Details" isFlush>
      <DetailList>
        <DetailRow label="Id">
          <span className="flex items-center gap-1">
            <code className="min-w-0 truncate font-mono text-xs">{job.id}</code>
            <CopyText text={job.id} label="Copy the job’s id" />
          </span>
        </DetailRow>
        <DetailRow label="Service">{job.service}</DetailRow>
        <DetailRow label="Submitted">
          <RelativeTime at={job.createdAt} /> by {job.createdBy}
        </DetailRow>
        <DetailRow label="Model">
          {job.result === null ? (
            <span className="text-muted">
              {job.finishedAt === null ? `${job.model}, not registered yet` : 'none registered'}
            </span>
          ) : (
            <ModelVersionLink of={job.result} />
          )}
        </DetailRow>
        <DetailRow label="Resources">
          <span className="tabular-nums">
            {resources.vcpu} {resources.vcpu === 1 ? 'core' : 'cores'}
            {resources.memoryGib === undefined ? '' : `, ${resources.memoryGib} GiB`}
            {resources.accelerators === undefined
              ? ''
              : `, ${resources.accelerators.count} × ${resources.accelerators.type ?? 'GPU'}`}
          </span>
        </DetailRow>
        <DetailRow label="Placement">
          {placement.providers.join(', ')} · {placement.mode}
        </DetailRow>
        <DetailRow label="Priority">
          <span className="tabular-nums">{job.priority}</span>
        </DetailRow>
        {Object.keys(job.labels).length > 0 && (
          <DetailRow label="Labels">
            <span className="flex flex-wrap gap-1">
              {Object.entries(job.labels).map(([name, value]) => (
                <Badge key={name}>
                  {name}: {value}
                </Badge>
              ))}
            </span>
          </DetailRow>
        )}
      </DetailList>
    </Card>
  );
}

export function JobConfig({ job }: { readonly job: JobView }): ReactElement {
  const text = JSON.stringify(job.spec, null, 2);
  return (
    <Card title="Configuration" isFlush actions={<CopyText text={text} label="Copy the configuration" />}>
      <pre
        tabIndex={0}
        aria-label="Configuration"
        className="overflow-auto p-4 font-mono text-xs/5 focus-visible:-outline-offset-2"
      >
        <Highlighted text={text} />
      </pre>
    </Card>
  );
}

function OutputRow({ jobId, file }: { readonly jobId: string; readonly file: OutputFile }): ReactElement {
  const address = `/api/v1/jobs/${jobId}/outputs/${file.attempt}/${file.path.split('/').map(encodeURIComponent).join('/')}`;
  return (
    <li className="flex items-center gap-3 px-4 py-2.5 text-sm">
      <Icon name="file" className="size-4 text-muted" />
      <span className="min-w-0 flex-1 truncate font-mono text-xs" title={file.path}>
        {file.path}
      </span>
      <span className="text-xs whitespace-nowrap text-muted tabular-nums">
        attempt {file.attempt} · {formatSize(file.bytes)}
      </span>
      <a
        href={address}
        download={file.path.split('/').at(-1)}
        aria-label={`Download ${file.path} of attempt ${file.attempt}`}
        className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink"
      >
        <Icon name="download" />
      </a>
    </li>
  );
}

export function JobOutputs({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(outputsQuery(job.id));
  return (
    <Card title="Artifacts" isFlush>
      <QueryPanel query={query} skeleton={<SkeletonRows rows={2} />}>
        {(files) =>
          files.length === 0 ? (
            <p className="px-4 py-6 text-center text-sm text-muted">
              {job.finishedAt === null ? 'Artifacts appear when an attempt ends.' : 'No artifacts.'}
            </p>
          ) : (
            <ul className="divide-y divide-line">
              {files.map((file) => (
                <OutputRow key={`${file.attempt}/${file.path}`} jobId={job.id} file={file} />
              ))}
            </ul>
          )
        }
      </QueryPanel>
    </Card>
  );
}
