import { Big } from 'big.js';

/** Far above any hourly price: a value beyond it is a fault of what was read. */
const mostMicros = 1_000_000_000_000;

/**
 * A price in USD as a provider writes it, in whole micros (1e-6 USD), rounded up: what is paid is never more than what was said.
 * Null for what is no price above zero.
 * @param usd A decimal of any length, or a number as JSON held it.
 */
export function usdMicrosOf(usd: string | number): number | null {
  try {
    const micros = new Big(usd).times(1_000_000).round(0, Big.roundUp).toNumber();
    return micros > 0 && micros <= mostMicros ? micros : null;
  } catch {
    // big.js throws for what it cannot read
    return null;
  }
}
