import { Spine } from './0001-spine.ts';
import { Dashboard } from './0002-dashboard.ts';
import { ExternalModels } from './0003-external-models.ts';
import { Failover } from './0004-failover.ts';
import { Reconciler } from './0005-reconciler.ts';
import { Cost } from './0006-cost.ts';
import { Signals } from './0007-signals.ts';
import { Handoff } from './0008-handoff.ts';
import { Catalogs } from './0009-catalogs.ts';
import { LaunchLeases } from './0010-launch-leases.ts';
import { RunnerOutbox } from './0011-runner-outbox.ts';
import { Silence } from './0012-silence.ts';
import { Retention } from './0013-retention.ts';
import { TailsOfLogs } from './0014-tails-of-logs.ts';
import { TotalOfPoints } from './0015-total-of-points.ts';
import { Access } from './0018-access.ts';
import { Queues } from './0019-queues.ts';
import { LaunchRefusals } from './0020-launch-refusals.ts';
import { Offers } from './0024-offers.ts';
import { MetricBlocks } from './0028-metric-blocks.ts';
import { MetricPartitions } from './0029-metric-partitions.ts';
import { CountedDays } from './0030-counted-days.ts';

/** In order. A migration that has been released never changes; the next one corrects it. */
export const migrations = [
  { name: '0001-spine', class: Spine },
  { name: '0002-dashboard', class: Dashboard },
  { name: '0003-external-models', class: ExternalModels },
  { name: '0004-failover', class: Failover },
  { name: '0005-reconciler', class: Reconciler },
  { name: '0006-cost', class: Cost },
  { name: '0007-signals', class: Signals },
  { name: '0008-handoff', class: Handoff },
  { name: '0009-catalogs', class: Catalogs },
  { name: '0010-launch-leases', class: LaunchLeases },
  { name: '0011-runner-outbox', class: RunnerOutbox },
  { name: '0012-silence', class: Silence },
  { name: '0013-retention', class: Retention },
  { name: '0014-tails-of-logs', class: TailsOfLogs },
  { name: '0015-total-of-points', class: TotalOfPoints },
  { name: '0018-access', class: Access },
  { name: '0019-queues', class: Queues },
  { name: '0020-launch-refusals', class: LaunchRefusals },
  { name: '0024-offers', class: Offers },
  { name: '0028-metric-blocks', class: MetricBlocks },
  { name: '0029-metric-partitions', class: MetricPartitions },
  { name: '0030-counted-days', class: CountedDays },
];
