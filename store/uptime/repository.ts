import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { UptimeRepository } from '../types.ts';

const theOnlyRow = 1;

export function createUptime(db: Db): UptimeRepository {
  return {
    note: async ({ at, gapMs, hadFault }) => {
      const gap = sql<boolean>`${hadFault} or ${at}::timestamptz - api_uptime.good_until > ${gapMs} * interval '1 ms'`;
      await db
        .insertInto('api_uptime')
        .values({ id: theOnlyRow, goodSince: at, goodUntil: at })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({
            goodSince: sql<Date>`case when ${gap} then ${at} else api_uptime.good_since end`,
            goodUntil: sql<Date>`greatest(api_uptime.good_until, ${at})`,
          }),
        )
        .execute();
    },
    read: async () => (await db.selectFrom('api_uptime').select(['goodSince', 'goodUntil']).executeTakeFirst()) ?? null,
  };
}
