/**
 * Works on at most `most` items at a time; results come in the items' order. After the first failure no further item is
 * started, running items are aborted by their signal, and the failure is thrown once all running items have ended.
 */
export async function atOnce<Item, Result>(
  most: number,
  items: readonly Item[],
  unwanted: AbortSignal,
  work: (item: Item, index: number, unwanted: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([unwanted, failed.signal]);
  const results: Result[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    // All lanes take from one iterator.
    for (const [index, item] of left) {
      if (failed.signal.aborted) return;
      try {
        results[index] = await work(item, index, signal);
      } catch (error) {
        // Keep the first failure: later errors may be caused by the abort itself.
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  failed.signal.throwIfAborted();
  return results;
}
