import { formatDuration } from '@artenic/core';
import type { ReactElement } from 'react';
import { useNow } from '../lib/use-now.ts';

/** Time between two moments; without an end it counts up to now. */
export function Duration({ from, to }: { readonly from: string; readonly to: string | null }): ReactElement {
  const nowMs = useNow(1000, to === null);
  const endMs = to === null ? Math.max(nowMs, Date.parse(from)) : Date.parse(to);
  return <span className="whitespace-nowrap tabular-nums">{formatDuration(endMs - Date.parse(from))}</span>;
}
