import type { FailoverState, Offer, ProviderQueue } from './types.ts';

/** The queue in which an attempt on this offer would wait before it starts; null if it would start now. */
export function queueOf({ provider }: Offer, { queues = [] }: Pick<FailoverState, 'queues'>): ProviderQueue | null {
  return queues.find((queue) => queue.provider === provider && !queue.hasRoom) ?? null;
}

/**
 * For a job that names several providers, an offer that starts now goes before an offer that would wait in a queue,
 * even at a higher price. A job that names one provider waits for it.
 */
export function byStart(one: Offer, other: Offer, state: Pick<FailoverState, 'queues'>): number {
  return Number(queueOf(one, state) !== null) - Number(queueOf(other, state) !== null);
}

/**
 * Why an offer was taken although a cheaper one exists, or although none starts now; empty when queues had no
 * influence.
 */
export function queueNote(taken: Offer, offers: readonly Offer[], state: Pick<FailoverState, 'queues'>): string {
  const isCheaper = (offer: Offer) => offer.priceUsdMicrosPerHour < taken.priceUsdMicrosPerHour;
  const passed = offers.find((offer) => isCheaper(offer) && queueOf(offer, state) !== null);
  const queue = passed === undefined || queueOf(taken, state) !== null ? null : queueOf(passed, state);
  if (queue === null) return '';
  const ahead = queue.ahead === 0 ? '' : `, ${queue.ahead} are ahead`;
  return `; ${queue.provider} has no room now${ahead}`;
}
