import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import { pino } from 'pino';
import { schedulesOf } from '../../workers/compose/schedule-registry.ts';
import { prepareTemporal } from '../../workers/temporal/setup.ts';
import { keepSchedules } from '../../workers/compose/schedules.ts';
import { catalogScheduleId, collectorScheduleId, reconcileScheduleId } from '../../workflows/contracts/index.ts';
import { testTemporal } from '../setup/temporal.ts';
import { poll } from '../support/poll.ts';

let connection: Connection;
let client: Client;
let namespace = '';
beforeAll(async () => {
  const temporal = await testTemporal();
  ({ namespace } = temporal);
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace });
});
afterAll(() => connection.close());

const keep = (providers: readonly string[], reconcileMs: number) =>
  keepSchedules({
    ...{ connection, namespace },
    schedules: schedulesOf({ hasControl: true, providers, reconcileMs, catalogMs: 3_600_000, collectMs: 600_000 }),
    prepare: async () => void (await prepareTemporal(connection, { namespace, retentionDays: null }, 5000)),
    ...{ logger: pino({ level: 'silent' }), intervalMs: 50 },
  });
const handleOf = (provider: string) => client.schedule.getHandle(reconcileScheduleId(provider));

test('each provider has one schedule, as the last worker wants it', async () => {
  await (await keep(['local', 'cloud'], 3_600_000)).close();
  await (await keep(['cloud'], 7_200_000)).close();
  const { spec, policies, action } = await handleOf('cloud').describe();
  expect(spec.intervals).toMatchObject([{ every: 7_200_000 }]);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
  expect(action).toMatchObject({ type: 'startWorkflow', workflowType: 'reconcileProviders' });
  expect((await handleOf('local').describe()).spec.intervals).toMatchObject([{ every: 3_600_000 }]);
});

test('what a person has paused stays paused', async () => {
  await handleOf('cloud').pause('by the test');
  await (await keep(['cloud'], 3_600_000)).close();
  expect((await handleOf('cloud').describe()).state).toMatchObject({ paused: true, note: 'by the test' });
});

test('a schedule that is lost comes back while the worker lives', async () => {
  const schedules = await keep(['cloud'], 3_600_000);
  await handleOf('cloud').delete();
  await expect(handleOf('nobody').describe()).rejects.toThrow(ScheduleNotFoundError);
  await poll('the schedule', 10_000, () =>
    handleOf('cloud')
      .describe()
      .then(
        () => true,
        () => null,
      ),
  );
  await schedules.close();
});

test('the collector has one schedule, whatever providers there are', async () => {
  await (await keep([], 3_600_000)).close();
  const { spec, action } = await client.schedule.getHandle(collectorScheduleId).describe();
  expect(spec.intervals).toMatchObject([{ every: 600_000 }]);
  expect(action).toMatchObject({ type: 'startWorkflow', workflowType: 'collectGarbage' });
});

test('offers are asked for at once when a worker starts, and hourly', async () => {
  await (await keep(['eager'], 3_600_000)).close();
  const { spec, action, info } = await client.schedule.getHandle(catalogScheduleId('eager')).describe();
  expect(spec.intervals).toMatchObject([{ every: 3_600_000 }]);
  expect(action).toMatchObject({ type: 'startWorkflow', workflowType: 'refreshCatalog' });
  const begun = info.numActionsTaken + info.runningActions.length;
  const started = await poll('its first run', 10_000, async () => {
    const found = await client.schedule.getHandle(catalogScheduleId('eager')).describe();
    return found.info.recentActions.length > 0 ? found.info : null;
  });
  expect(started.numActionsTaken + started.runningActions.length).toBeGreaterThanOrEqual(begun);
});

test('a process keeps the schedules of what it serves', () => {
  const intervals = { reconcileMs: 1000, catalogMs: 1000, collectMs: 1000 };
  const ids = (hasControl: boolean, ...providers: readonly string[]) =>
    schedulesOf({ ...intervals, hasControl, providers }).map(({ id }) => id);
  expect(ids(true)).toEqual(['collector']);
  expect(ids(false, 'far')).toEqual(['check/far', 'reconcile/far', 'catalog/far']);
  expect(ids(true, 'far', 'here')).toHaveLength(7);
});
