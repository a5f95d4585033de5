import type { Offer } from '../../../core/failover/types.ts';
import { costOfAttempt, type BilledAttempt } from '../../../core/cost/cost.ts';
import type { Judgement } from '../../../simulated-cloud/rules/judge.ts';

/** The columns of an attempt that its cost depends on. */
export type BilledRow = {
  readonly id: string;
  readonly offer: Offer;
  readonly billed_from: Date | null;
  readonly billed_until: Date | null;
  readonly handle: { readonly instanceId: string } | null;
  readonly hello_at: Date | null;
  readonly ended_at: Date | null;
  readonly launch_tried_at: Date | null;
  readonly confirmed_at: Date | null;
};

export const billedColumns = `id, offer, billed_from, billed_until, handle, hello_at, ended_at, launch_tried_at,
  termination_confirmed_at as confirmed_at`;

/** Differences between the platform's costs and the cloud's bill, as sentences. */
export function billProblems(
  rows: readonly BilledRow[],
  judgement: Judgement,
  isMadeTwice: (attempt: string) => boolean,
): readonly { readonly attempt: string; readonly problem: string }[] {
  const bills = new Map(judgement.attempts.map((bill) => [bill.attempt, bill]));
  return rows.flatMap((row) => {
    const { instances = [], costUsdMicros = 0 } = bills.get(row.id) ?? {};
    const { usdMicros, isFinal } = costOfAttempt(attemptOf(row), new Date());
    // docs/costs.md lists the costs that are not counted: the second instance that a cloud makes of one request, and a
    // change of the spot price between offer and launch.
    const hasOtherPrice = instances.some((one) => one.priceUsdMicrosPerHour !== row.offer.priceUsdMicrosPerHour);
    if (isMadeTwice(row.id) || hasOtherPrice) return [];
    if (!isFinal) return [{ attempt: row.id, problem: `our cost of it (${usdMicros}) is not final` }];
    return usdMicros === costUsdMicros
      ? []
      : [{ attempt: row.id, problem: `${usdMicros} USD micros by us, ${costUsdMicros} by the cloud` }];
  });
}

function attemptOf(row: BilledRow): BilledAttempt {
  return {
    offer: row.offer,
    billedFrom: row.billed_from,
    billedUntil: row.billed_until,
    handle: row.handle,
    helloAt: row.hello_at,
    endedAt: row.ended_at,
    launchTriedAt: row.launch_tried_at,
    terminationConfirmedAt: row.confirmed_at,
  };
}
