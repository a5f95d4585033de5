import type { ReactElement } from 'react';
import { exactTime, timeAgo } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';

const everyMs = 30_000;

/** Time since a moment, such as `3 min ago`; local time and UTC on hover. */
export function RelativeTime({ at }: { readonly at: string }): ReactElement {
  const nowMs = useNow(everyMs);
  return (
    <time dateTime={at} title={exactTime(at)} className="whitespace-nowrap tabular-nums">
      {timeAgo(at, nowMs)}
    </time>
  );
}
