import type { Provider } from './provider.ts';

/** For an adapter that does not say: the longest lag that a cloud's documentation names. */
const usualConsistencyMs = 60_000;

/** How old the picture may be that the provider's list shows. */
export async function consistencyMsOf(provider: Provider): Promise<number> {
  return (await provider.consistencyMs?.()) ?? usualConsistencyMs;
}
