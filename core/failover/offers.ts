import type { FailoverStep, Offer } from './types.ts';

export function isSameOffer(one: Offer, other: Offer): boolean {
  return isSamePlace(one, other) && one.instanceType === other.instanceType && one.spot === other.spot;
}

function isSamePlace(one: Offer, other: Offer): boolean {
  return one.provider === other.provider && one.region === other.region && one.zone === other.zone;
}

/** Name of the step from one offer to the next, taken from the widest difference. */
export function stepBetween(last: Offer, next: Offer): FailoverStep {
  if (last.spot && !next.spot) return 'on-demand';
  if (!last.spot && next.spot) return 'back-to-spot';
  if (last.provider !== next.provider) return 'next-provider';
  if (last.region !== next.region) return 'next-region';
  if (last.zone !== next.zone) return 'next-zone';
  return last.instanceType === next.instanceType ? 'same-offer' : 'next-type';
}

/** Distance between two offers; a larger one means a longer transfer. 0: the same zone; 3: another provider. */
export function distance(one: Offer, other: Offer): number {
  if (one.provider !== other.provider) return 3;
  if (one.region !== other.region) return 2;
  return one.zone === other.zone ? 0 : 1;
}

/** Family of the instance type: `p5` for `p5.48xlarge`, `n2` for `n2-standard-8`. Providers grant quotas by family. */
export function familyOf({ instanceType }: Offer): string {
  return instanceType.split(/[.:-]/)[0] ?? instanceType;
}
