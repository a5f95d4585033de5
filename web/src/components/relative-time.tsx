import { formatAge } from '@artenic/core';
import type { ReactElement } from 'react';
import { exactTime } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';

const minuteMs = 60_000;

/** Time since a moment, such as `3 min ago`; local time and UTC on hover. It counts seconds in the first minute only. */
export function RelativeTime({ at }: { readonly at: string }): ReactElement {
  const isFresh = Math.abs(Date.now() - Date.parse(at)) < minuteMs;
  const nowMs = useNow(isFresh ? 1000 : minuteMs / 2);
  return (
    <time dateTime={at} title={exactTime(at)} className="whitespace-nowrap tabular-nums">
      {formatAge(at, nowMs)}
    </time>
  );
}
