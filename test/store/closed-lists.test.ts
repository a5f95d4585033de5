import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  attemptStates,
  featureTypes,
  jobStates,
  lineageKinds,
  lineageOrigins,
  lineageRelations,
  runStates,
} from '@artenic/core';
import pg from 'pg';
import { refusalKinds } from '../../core/failover/types.ts';
import { stopReasons } from '../../core/jobs/stop-reasons.ts';
import { openTestStore } from './support.ts';

let world: Awaited<ReturnType<typeof openTestStore>>;
let client: pg.Client;
beforeAll(async () => {
  world = await openTestStore();
  client = new pg.Client({ connectionString: world.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await world.close();
});

/**
 * A new value of a list in code needs a migration: without it, the first row with the value is refused while a job
 * runs.
 */
test.each([
  ['attempts_stop_requested_check', stopReasons],
  ['attempts_state_check', attemptStates],
  ['jobs_state_check', jobStates],
  ['launch_refusals_kind_check', refusalKinds],
  ['runs_status_check', runStates],
  ['features_type_check', featureTypes],
  ['lineage_edges_source_kind_check', lineageKinds],
  ['lineage_edges_target_kind_check', lineageKinds],
  ['lineage_edges_relation_check', lineageRelations],
  ['lineage_edges_origin_check', lineageOrigins],
] as const)('the constraint %s allows what the list in code has, and nothing else', async (name, list) => {
  const { rows } = await client.query<{ definition: string }>(
    'select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1',
    [name],
  );
  const words = rows.flatMap(({ definition }) => [...definition.matchAll(/'([^']+)'::text/g)].map(([, word]) => word));
  expect(words).toHaveLength(list.length);
  expect(new Set(words)).toEqual(new Set(list));
});
