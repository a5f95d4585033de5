import { roughDuration, type JobView } from '@artenic/core';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { exactTime } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';

/** Age of the last request of the job's machine: amber when three heartbeats are missing. */
export function SignOfLife({ sign }: { readonly sign: NonNullable<JobView['signOfLife']> }): ReactElement {
  const nowMs = useNow(1000);
  const isLate = nowMs > Date.parse(sign.lateAt);
  const age = roughDuration(Math.max(0, nowMs - Date.parse(sign.at)));
  return (
    <span
      title={exactTime(sign.at)}
      className={`inline-flex items-center gap-1 whitespace-nowrap tabular-nums ${isLate ? 'font-medium text-warn' : 'text-muted'}`}
    >
      {isLate && <Icon name="warning" className="size-3.5" />}
      Last sign of life {age} ago
    </span>
  );
}
