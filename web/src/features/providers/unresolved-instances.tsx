import { formatMoney, formatPrice, shortId, unresolvedInstanceSchema, type UnresolvedInstance } from '@artenic/core';
import { useMutation, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Loading } from '../../components/skeleton.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { clockTime, exactTime, formatCount } from '../../lib/format.ts';
import { keys, unresolvedQuery } from '../../lib/queries.ts';
import { strayWords } from '../../lib/status.ts';
import { copyIcon, useCopy } from '../../lib/use-copy.ts';

function costWords({ priceUsdMicrosPerHour, costUsdMicros }: UnresolvedInstance): string {
  if (priceUsdMicrosPerHour === null || costUsdMicros === null) return 'Price unknown';
  return `${formatPrice(priceUsdMicrosPerHour)}, ${formatMoney(costUsdMicros)} so far`;
}

function adviceFor({ reason, isInGrace }: UnresolvedInstance): string {
  if (isInGrace)
    return 'Artenic terminates it after the grace period; until then a launch in progress may still need it.';
  const who = reason === 'not-ending' ? 'Artenic retries until it is gone' : 'Artenic retries termination every minute';
  return `${who}. If the provider keeps refusing, end it in the provider’s own console.`;
}

function TryAgain({ instance }: { readonly instance: UnresolvedInstance }): ReactElement {
  const client = useQueryClient();
  const toast = useToast();
  const { provider, instanceId } = instance;
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      callApi('/api/v1/instances/unresolved/retry', unresolvedInstanceSchema, {
        method: 'POST',
        json: { provider, instanceId },
      }),
    onSuccess: () => {
      toast({ tone: 'ok', title: 'Termination requested', detail: 'The result shows here within seconds.' });
      void client.invalidateQueries({ queryKey: keys.unresolved });
    },
    onError: (error) => toast({ tone: 'bad', title: toApiError(error).title, detail: toApiError(error).message }),
  });
  return (
    <Button size="sm" icon="recover" isBusy={isPending} onClick={() => mutate()}>
      Try again now
    </Button>
  );
}

function CopyCommand({ command }: { readonly command: string }): ReactElement {
  const { outcome, copy } = useCopy();
  return (
    <Button size="sm" icon={copyIcon[outcome]} title={command} onClick={() => copy(command)}>
      {outcome === 'done' ? 'Copied' : 'Copy provider command'}
    </Button>
  );
}

function Instance({ instance }: { readonly instance: UnresolvedInstance }): ReactElement {
  const { provider, instanceId, region, reason, jobId, since, isInGrace, graceEndsAt } = instance;
  const { lastError, tries, lastTriedAt, endCommand } = instance;
  return (
    <li className="flex gap-3 px-4 py-3">
      <Icon name="warning" className={`mt-0.5 size-4 ${isInGrace ? 'text-warn' : 'text-bad'}`} />
      <div className="min-w-0 flex-1 space-y-1 text-sm">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
          <span className="font-mono text-xs [overflow-wrap:anywhere]">{instanceId}</span>
          <CopyText text={instanceId} label={`Copy ${instanceId}`} />
          <span className="font-medium">{strayWords[reason]}</span>
          {isInGrace && graceEndsAt !== null && (
            <span title={exactTime(graceEndsAt)}>
              <Badge tone="info" icon="hourglass">
                Grace period until {clockTime(graceEndsAt)}
              </Badge>
            </span>
          )}
        </p>
        <p className="flex flex-wrap gap-x-3 text-xs text-muted tabular-nums">
          <span className="font-semibold text-ink">{costWords(instance)}</span>
          <span>
            {provider} · {region}
          </span>
          <span>
            orphaned <RelativeTime at={since} />
          </span>
          {jobId !== null && reason !== 'unknown-attempt' && (
            <Link to="/jobs/$jobId" params={{ jobId }} className="font-medium text-accent hover:underline">
              Job {shortId(jobId)}
            </Link>
          )}
        </p>
        {lastError !== null && (
          <p className="text-xs [overflow-wrap:anywhere] text-bad">
            {tries} {tries === 1 ? 'try' : 'tries'}
            {lastTriedAt !== null && (
              <>
                , last <RelativeTime at={lastTriedAt} />
              </>
            )}
            : {lastError}
          </p>
        )}
        <p className="text-xs text-muted">{adviceFor(instance)}</p>
        {(!isInGrace || endCommand !== null) && (
          <div className="flex flex-wrap gap-2 pt-1">
            {!isInGrace && <TryAgain instance={instance} />}
            {endCommand !== null && <CopyCommand command={endCommand} />}
          </div>
        )}
      </div>
    </li>
  );
}

type Alerts = { readonly alerts: UseQueryResult<UnresolvedInstance[]>; readonly className: string };

/** Renders nothing when there are no unresolved instances: an empty list of leaks would only confuse. */
function UnresolvedInstances({ alerts, className }: Alerts): ReactElement | null {
  const { data } = alerts;
  if (data === undefined) {
    return (
      <Card title="Orphaned instances" className={className}>
        <QueryPanel query={alerts}>{() => null}</QueryPanel>
      </Card>
    );
  }
  if (data.length === 0) return null;
  const cost = data.reduce((sum, { costUsdMicros }) => sum + (costUsdMicros ?? 0), 0);
  const count = `${formatCount(data.length)} orphaned ${data.length === 1 ? 'instance' : 'instances'} still billed`;
  return (
    <Card
      title="Orphaned instances"
      note={`${count} · ${formatMoney(cost)} so far`}
      isFlush
      tone="bad"
      className={className}
    >
      <ul aria-label="Orphaned instances" className="divide-y divide-line">
        {data.map((instance) => (
          <Instance key={`${instance.provider}/${instance.instanceId}`} instance={instance} />
        ))}
      </ul>
    </Card>
  );
}

/** Unresolved instances above `children`. The children wait for the first answer, so that they are not pushed down. */
export function BelowUnresolved(props: {
  readonly skeleton: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}): ReactElement {
  const { skeleton, className = '', children } = props;
  const alerts = useQuery(unresolvedQuery);
  if (!alerts.isFetched) return <Loading>{skeleton}</Loading>;
  return (
    <>
      <UnresolvedInstances alerts={alerts} className={className} />
      {children}
    </>
  );
}
