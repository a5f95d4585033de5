import type { ModelVersionView, ModelView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { DetailList, DetailRow } from '../../components/detail-row.tsx';
import { Icon } from '../../components/icon.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton, SkeletonRows } from '../../components/skeleton.tsx';
import { LineagePanel } from '../../features/lineage/lineage-panel.tsx';
import { modelQuery, stageHistoryQuery, versionsQuery } from '../../lib/queries.ts';
import { rememberVisit } from '../../lib/recent.ts';
import { stageStatus } from '../../lib/status.ts';
import { Lineage } from './lineage.tsx';
import { MetricsCompare } from './metrics-compare.tsx';
import { StageActions } from './stage-actions.tsx';
import { StageHistory } from './stage-history.tsx';
import { VersionsList } from './versions-list.tsx';

const mostCompared = 9;

function Signature({ version }: { readonly version: ModelVersionView }): ReactElement {
  const { inputs, outputs, labels } = version.signature;
  const row = (tensor: (typeof inputs)[number]) => (
    <li key={tensor.name} className="flex items-baseline gap-2">
      <code className="min-w-0 truncate font-mono text-xs" title={tensor.name}>
        {tensor.name}
      </code>
      <span className="ml-auto font-mono text-xs whitespace-nowrap text-muted">
        {tensor.type} [{tensor.shape?.join(', ') ?? '…'}]
      </span>
    </li>
  );
  return (
    <DetailList>
      <DetailRow label="Inputs">
        <ul className="grid gap-1">{inputs.map(row)}</ul>
      </DetailRow>
      <DetailRow label="Outputs">
        <ul className="grid gap-1">{outputs.map(row)}</ul>
      </DetailRow>
      {labels !== null && <DetailRow label="Classes">{labels.join(', ')}</DetailRow>}
    </DetailList>
  );
}

function VersionPanels({
  versions,
  selected,
}: {
  readonly versions: readonly ModelVersionView[];
  readonly selected: ModelVersionView;
}): ReactElement {
  const { compare = [] } = useSearch({ from: '/shell/models/$name' });
  const navigate = useNavigate({ from: '/models/$name' });
  const history = useQuery(stageHistoryQuery(selected.model));
  const compared = versions.filter(({ version }) => version !== selected.version && compare.includes(version));
  const onCompare = (version: number, isIn: boolean): void => {
    const next = isIn ? [...compare, version].slice(-mostCompared) : compare.filter((one) => one !== version);
    void navigate({
      search: (old) => ({ ...old, compare: next.length === 0 ? undefined : next }),
      replace: true,
      resetScroll: false,
    });
  };
  return (
    <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[20rem_minmax(0,1fr)]">
      <div className="grid min-w-0 grid-cols-1 gap-4">
        <Card title="Versions" note={`${versions.length}`} isFlush>
          <VersionsList versions={versions} selected={selected.version} compared={compare} onCompare={onCompare} />
        </Card>
        <Card title="Stage history" isFlush>
          <QueryPanel query={history} skeleton={<SkeletonRows rows={3} />}>
            {(changes) => <StageHistory changes={changes} />}
          </QueryPanel>
        </Card>
      </div>
      <div className="grid min-w-0 grid-cols-1 gap-4">
        <Card
          title="Metrics"
          note={compared.length === 0 ? 'Select versions to compare' : `Compared with v${selected.version}`}
          isFlush
        >
          <MetricsCompare versions={[selected, ...compared]} />
        </Card>
        <Card title="Lineage" isFlush>
          <Lineage version={selected} />
        </Card>
        <Card
          title="Signature"
          isFlush
          actions={
            <a
              href={`/api/v1/models/${selected.model}/versions/${selected.version}/artifact`}
              download
              className={buttonClass('ghost', 'sm')}
            >
              <Icon name="download" className="size-3.5" />
              Download file
            </a>
          }
        >
          <Signature version={selected} />
        </Card>
        {/* The last card: its height is known when its nodes are. */}
        <Card title="Lineage graph" isFlush>
          <LineagePanel kind="model-version" id={`${selected.model}@${selected.version}`} />
        </Card>
      </div>
    </div>
  );
}

function selectedOf(
  versions: readonly ModelVersionView[] | undefined,
  model: ModelView | undefined,
  wanted: number | undefined,
): ModelVersionView | undefined {
  const byNumber = (version: number | null | undefined) => versions?.find((one) => one.version === version);
  return byNumber(wanted) ?? byNumber(model?.productionVersion) ?? versions?.[0];
}

export function ModelPage(): ReactElement {
  const { name } = useParams({ from: '/shell/models/$name' });
  const { version: wanted } = useSearch({ from: '/shell/models/$name' });
  const model = useQuery(modelQuery(name));
  const versions = useQuery(versionsQuery(name));
  const selected = selectedOf(versions.data, model.data, wanted);
  const isKnown = model.data !== undefined;
  useEffect(() => {
    if (isKnown) rememberVisit({ kind: 'model', id: name, title: name, subtitle: '' });
  }, [isKnown, name]);
  return (
    <>
      <PageHeader
        title={name}
        documentTitle={`Models · ${name}`}
        crumbs={[{ label: 'Models', to: '/models' }, { label: name }]}
        beside={
          selected !== undefined && (
            <span data-tour="stage" className="flex items-center gap-2 text-sm text-muted tabular-nums">
              v{selected.version} <StatusBadge status={stageStatus[selected.stage]} />
            </span>
          )
        }
        actions={
          selected !== undefined && (
            <>
              {selected.stage !== 'retired' && (
                <Link
                  to="/playground"
                  search={{ model: name, version: selected.version }}
                  className={buttonClass('secondary')}
                >
                  <Icon name="playground" />
                  Try it
                </Link>
              )}
              <StageActions version={selected} production={model.data?.productionVersion ?? null} />
            </>
          )
        }
      />
      <QueryPanel
        query={versions}
        skeleton={
          <div className="grid grid-cols-1 gap-4 xl:grid-cols-[20rem_minmax(0,1fr)]">
            <Skeleton className="h-80 rounded-lg" />
            <Skeleton className="h-80 rounded-lg" />
          </div>
        }
      >
        {(all) =>
          selected === undefined ? (
            <Card>
              <p className="py-8 text-center text-sm text-muted">This model has no version yet.</p>
            </Card>
          ) : (
            <VersionPanels versions={all} selected={selected} />
          )
        }
      </QueryPanel>
    </>
  );
}
