import type { Provider } from './provider.ts';

/** Default for an adapter without `consistencyMs`: the longest lag that any cloud's documentation names. */
const usualConsistencyMs = 60_000;

/** Maximum age of the provider's list, in milliseconds. */
export async function consistencyMsOf(provider: Provider): Promise<number> {
  return (await provider.consistencyMs?.()) ?? usualConsistencyMs;
}
