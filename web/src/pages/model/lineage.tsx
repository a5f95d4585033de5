import {
  datasetsOfData,
  filesOfData,
  folderOfSource,
  shortId,
  type JobSpec,
  type ModelVersionView,
} from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { CopyText } from '../../components/copy-text.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { jobQuery } from '../../lib/queries.ts';
import { stageStatus } from '../../lib/status.ts';

function Step({
  icon,
  label,
  children,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <li className="group relative flex min-w-0 flex-1 gap-3 rounded-lg border border-line bg-canvas p-3">
      <span className="flex size-7 shrink-0 items-center justify-center rounded-md bg-raised text-muted">
        <Icon name={icon} className="size-4" />
      </span>
      <div className="min-w-0 flex-1 text-sm">
        <p className="text-xs text-muted">{label}</p>
        {children}
      </div>
    </li>
  );
}

function Hash({ name, sha256 }: { readonly name?: string; readonly sha256: string }): ReactElement {
  return (
    <span className="flex items-center gap-1">
      <span className="min-w-0 truncate">
        {name !== undefined && <span className="font-medium">{name} </span>}
        <code className="font-mono text-xs text-muted">{sha256.slice(0, 12)}…</code>
      </span>
      <CopyText text={sha256} label={`Copy the SHA-256 of ${name ?? 'the file'}`} />
    </span>
  );
}

function Inputs({ spec }: { readonly spec: JobSpec }): ReactElement {
  return (
    <Step icon="data" label="Data and code">
      {filesOfData(spec.data).map((item) => (
        <Hash key={item.name} name={item.name} sha256={item.sha256} />
      ))}
      {datasetsOfData(spec.data).map((source) => (
        <p key={folderOfSource(source)} className="truncate font-medium">
          {source.dataset}
        </p>
      ))}
      {spec.package !== undefined && <Hash name="code" sha256={spec.package.sha256} />}
      {spec.data.length === 0 && spec.package === undefined && <p>just the command</p>}
    </Step>
  );
}

/** Origin of a version, each part by its content hash: data → job → file → what it serves. */
export function Lineage({ version }: { readonly version: ModelVersionView }): ReactElement {
  const { jobId } = version;
  const { data: job } = useQuery({ ...jobQuery(jobId ?? ''), enabled: jobId !== null });
  const { icon, label } = stageStatus[version.stage];
  return (
    <ol className="grid gap-2 p-4 md:grid-cols-2">
      {job !== undefined && <Inputs spec={job.spec} />}
      <Step icon="training" label={jobId === null ? 'Origin' : 'Trained by'}>
        {jobId === null ? (
          <p>uploaded by {version.createdBy}</p>
        ) : (
          <Link to="/jobs/$jobId" params={{ jobId }} className="font-medium text-accent hover:underline">
            {job?.service ?? 'job'} <span className="font-mono text-xs">{shortId(jobId)}</span>
          </Link>
        )}
      </Step>
      <Step icon="file" label={`File, ${version.format}`}>
        <Hash sha256={version.sha256} />
      </Step>
      <Step icon={icon} label="Stage">
        <p className="font-medium">{label}</p>
      </Step>
    </ol>
  );
}
