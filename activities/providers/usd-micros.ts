import { Big } from 'big.js';

/** Far above any hourly price; a larger value means that the source is wrong. */
const mostMicros = 1_000_000_000_000;

/**
 * Converts a provider's USD price to whole micros (1e-6 USD), rounded up so that the price paid never exceeds the price
 * shown. Null if the input is not a price above zero.
 * @param usd A decimal of any length, or a number from JSON.
 */
export function usdMicrosOf(usd: string | number): number | null {
  try {
    const micros = new Big(usd).times(1_000_000).round(0, Big.roundUp).toNumber();
    return micros > 0 && micros <= mostMicros ? micros : null;
  } catch {
    // big.js throws for text that it cannot parse
    return null;
  }
}
