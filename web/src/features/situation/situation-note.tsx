import { isTerminalJobState, situationText, type JobView, type Situation } from '@artenic/core';
import type { ReactElement } from 'react';
import { Icon, type IconName } from '../../components/icon.tsx';
import { exactTime } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';

const boxes: Readonly<Record<Situation['level'], { readonly box: string; readonly icon: IconName }>> = {
  normal: { box: 'border-line bg-surface text-muted', icon: 'info' },
  warning: { box: 'border-warn/25 bg-warn/10 text-warn', icon: 'warning' },
  critical: { box: 'border-bad/40 bg-bad/10 text-bad', icon: 'warning' },
};

/** The platform's present work for an open job, since when, and the step that a person can take. */
export function SituationNote({ job }: { readonly job: JobView }): ReactElement | null {
  const { situation } = job;
  const nowMs = useNow(1000, situation !== null);
  if (situation === null || isTerminalJobState(job.state)) return null;
  const { box, icon } = boxes[situation.level];
  return (
    <div
      data-situation={situation.kind}
      className={`flex items-start gap-2.5 rounded-lg border px-4 py-3 text-sm ${box}`}
    >
      <Icon name={icon} className="mt-0.5 size-4" />
      <div className="min-w-0 space-y-1 [overflow-wrap:anywhere]">
        <p title={`since ${exactTime(situation.since)}`}>{situationText(situation, nowMs)}</p>
        {situation.advice !== null && <p className="text-xs">{situation.advice}</p>}
      </div>
    </div>
  );
}

/** The same in one line, for lists. */
export function SituationLine({ situation }: { readonly situation: Situation }): ReactElement {
  const nowMs = useNow(1000);
  const text = situationText(situation, nowMs);
  const tone = situation.level === 'normal' ? 'text-muted' : situation.level === 'warning' ? 'text-warn' : 'text-bad';
  return (
    <p className={`truncate text-xs tabular-nums ${tone}`} title={text}>
      {text}
    </p>
  );
}
