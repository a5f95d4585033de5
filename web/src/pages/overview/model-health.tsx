import type { RegistryItem } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Badge, StatusBadge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { Delta } from '../../components/delta.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { mainMetric, formatValue } from '@artenic/core';
import { registryQuery } from '../../lib/queries.ts';
import { stageStatus } from '../../lib/status.ts';

const shown = 5;

function ModelRow({ item }: { readonly item: RegistryItem }): ReactElement {
  const { model, versions } = item;
  const live = versions.find((version) => version.stage === 'production');
  const subject = live ?? versions[0];
  const metric = subject === undefined ? null : mainMetric(Object.keys(subject.metrics));
  const value = metric === null ? undefined : subject?.metrics[metric];
  const before = metric === null ? undefined : versions.find((one) => one.version === (subject?.version ?? 0) - 1);
  const isBehind = model.productionVersion !== null && model.latestVersion > model.productionVersion;
  return (
    <li
      data-row={model.name}
      className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-4 py-3 sm:grid-cols-[1fr_8rem_7rem_8rem]"
    >
      <div className="min-w-0">
        <Link to="/models/$name" params={{ name: model.name }} className="text-sm font-medium hover:underline">
          {model.name}
        </Link>
        <p className="text-xs text-muted tabular-nums">
          {subject === undefined ? 'No versions' : `v${subject.version} · `}
          {subject !== undefined && <RelativeTime at={subject.createdAt} />}
        </p>
      </div>
      <span>
        {live === undefined ? (
          <Badge tone="warn" icon="warning">
            Not in production
          </Badge>
        ) : isBehind ? (
          <Badge tone="info" icon="arrowUp">
            v{model.latestVersion} not promoted
          </Badge>
        ) : (
          <StatusBadge status={stageStatus.production} />
        )}
      </span>
      <span className="hidden sm:block">
        {metric !== null && (
          <Sparkline
            label={`${metric} of the newest versions`}
            values={versions.map((version) => version.metrics[metric] ?? null).toReversed()}
            tone="accent"
            className="h-7 w-full"
          />
        )}
      </span>
      <div className="hidden text-right sm:block">
        {metric !== null && value !== undefined && (
          <>
            <p className="flex items-baseline justify-end gap-2 text-sm font-semibold tabular-nums">
              <Delta metric={metric} value={value} before={before?.metrics[metric]} />
              {formatValue(value)}
            </p>
            <p className="text-xs text-muted">{metric}</p>
          </>
        )}
      </div>
    </li>
  );
}

/** For each model: the serving version, its quality, and whether a newer version waits. */
export function ModelHealth(): ReactElement {
  const query = useInfiniteQuery(registryQuery(shown));
  return (
    <Card
      title="Models"
      isFlush
      actions={
        <Link to="/models" className="inline-flex min-h-6 items-center text-xs font-medium text-accent hover:underline">
          Registry
        </Link>
      }
    >
      <QueryPanel query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ pages }) => {
          const items = pages[0]?.items ?? [];
          if (items.length === 0)
            return (
              <EmptyState icon="models" title="No models yet" command="npx artenic model register iris model.onnx">
                A job that leaves a <code className="font-mono">model.onnx</code> registers it when it has succeeded.
              </EmptyState>
            );
          return (
            <ul className="divide-y divide-line">
              {items.map((item) => (
                <ModelRow key={item.model.name} item={item} />
              ))}
            </ul>
          );
        }}
      </QueryPanel>
    </Card>
  );
}
