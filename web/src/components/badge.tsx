import type { ReactElement, ReactNode } from 'react';
import type { Status, Tone } from '../lib/status.ts';
import { Icon, type IconName } from './icon.tsx';
import { StatusDot, toneText } from './status-dot.tsx';

const fills: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok/10 border-ok/25',
  warn: 'bg-warn/10 border-warn/25',
  bad: 'bg-bad/10 border-bad/25',
  info: 'bg-info/10 border-info/25',
  accent: 'bg-accent/10 border-accent/25',
  muted: 'bg-raised border-line',
};

export function Badge({
  tone = 'muted',
  icon,
  children,
}: {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <span
      className={`inline-flex h-5.5 items-center gap-1.5 rounded-full border px-2 text-xs font-medium whitespace-nowrap ${fills[tone]} ${toneText[tone]}`}
    >
      {icon !== undefined && <Icon name={icon} className="size-3" />}
      {children}
    </span>
  );
}

/** A status as icon, word and colour. */
export function StatusBadge({ status }: { readonly status: Status }): ReactElement {
  return (
    <span
      className={`inline-flex h-5.5 items-center gap-1.5 rounded-full border px-2 text-xs font-medium whitespace-nowrap ${fills[status.tone]} ${toneText[status.tone]}`}
    >
      {status.isBusy === true ? (
        <StatusDot tone={status.tone} isBusy />
      ) : (
        <Icon name={status.icon} className="size-3" />
      )}
      {status.label}
    </span>
  );
}
