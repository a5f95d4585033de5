import { sql, type Selectable } from 'kysely';
import { json, storable, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { LaunchRefusalRecord, LaunchRefusalsRepository, NewLaunchRefusal } from '../types.ts';
import { decodeCursor, toPage } from '../cursors.ts';

/** A decision reads at most this many offers per market, and there are two markets. */
const mostOfJob = 256;
const mostHeard = 200;
/** Enough to act on; the provider's full answer is in the workflow history. */
const maxMessageLength = 500;

type Row = Selectable<Database['launch_refusals']>;

function toRecord(row: Row): LaunchRefusalRecord {
  const { jobId, offer, kind, message, streak, total, attempt, launch, firstAt, lastAt } = row;
  return { jobId, offer, kind, message, streak, total, attempt, launch, firstAt, lastAt };
}

async function record(db: Db, refusal: NewLaunchRefusal): Promise<void> {
  const { jobId, offer, kind, attempt, launch, at } = refusal;
  const { provider, region, zone = '', instanceType, spot } = offer;
  const message = storable(refusal.message.slice(0, maxMessageLength));
  // The streak starts again with a new attempt, because the previous attempt ran or its ending has been decided on.
  await sql`
    insert into launch_refusals as known
      (job_id, provider, region, zone, instance_type, spot, offer, kind, message, streak, total, attempt, launch, first_at, last_at)
    values (${jobId}, ${provider}, ${region}, ${zone}, ${instanceType}, ${spot}, ${json(offer)}, ${kind}, ${message}, 1, 1,
      ${attempt}, ${launch}, ${at}, ${at})
    on conflict (job_id, provider, region, zone, instance_type, spot) do update set
      offer = excluded.offer, kind = excluded.kind, message = excluded.message, last_at = excluded.last_at,
      attempt = excluded.attempt, launch = excluded.launch, total = known.total + 1,
      streak = case when known.attempt = excluded.attempt and known.kind = excluded.kind then known.streak + 1 else 1 end
    where (known.attempt, known.launch) is distinct from (excluded.attempt, excluded.launch)`.execute(db);
}

const page: (db: Db) => LaunchRefusalsRepository['page'] =
  (db) =>
  async ({ jobId, cursor, limit }) => {
    let rows = db.selectFrom('launch_refusals').selectAll().where('jobId', '=', jobId);
    if (cursor !== undefined) {
      const [provider = '', region = '', zone = '', instanceType = '', spot = ''] = decodeCursor(cursor, 5);
      rows = rows.where(
        sql<boolean>`(provider, region, zone, instance_type, spot) > (${provider}, ${region}, ${zone}, ${instanceType}, ${spot === 'true'})`,
      );
    }
    return toPage(
      await rows
        .orderBy('provider')
        .orderBy('region')
        .orderBy('zone')
        .orderBy('instanceType')
        .orderBy('spot')
        .limit(limit + 1)
        .execute(),
      limit,
      toRecord,
      ({ offer: { provider, region, zone = '', instanceType, spot } }) => [
        provider,
        region,
        zone,
        instanceType,
        String(spot),
      ],
    );
  };

export function createLaunchRefusals(db: Db): LaunchRefusalsRepository {
  return {
    record: (refusal) => record(db, refusal),
    ofJob: async (jobId) => {
      const rows = await db
        .selectFrom('launch_refusals')
        .selectAll()
        .where('jobId', '=', jobId)
        .orderBy('lastAt', 'desc')
        .limit(mostOfJob)
        .execute();
      return rows.toReversed().map(toRecord);
    },
    page: page(db),
    recent: async (since, notOfJob) =>
      db
        .selectFrom('launch_refusals')
        .select(['kind', 'offer', 'lastAt as endedAt'])
        .where('lastAt', '>', since)
        .where('jobId', '!=', notOfJob)
        .orderBy('lastAt', 'desc')
        .limit(mostHeard)
        .execute(),
  };
}
