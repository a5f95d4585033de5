import type { ReactElement } from 'react';
import { StatusDot } from '../components/status-dot.tsx';
import type { LiveState } from '../lib/live.ts';
import { useLive } from '../lib/live-context.tsx';
import type { Tone } from '../lib/status.ts';

const words: Readonly<Record<LiveState, { readonly label: string; readonly tone: Tone; readonly title: string }>> = {
  connecting: { label: 'Connecting', tone: 'muted', title: 'The live connection is being made' },
  live: { label: 'Live', tone: 'ok', title: 'Updates are live' },
  reconnecting: {
    label: 'Reconnecting',
    tone: 'warn',
    title: 'The connection broke; nothing is missed once it is back',
  },
  paused: { label: 'Paused', tone: 'muted', title: 'Paused while this tab is hidden' },
};

export function LiveBadge(): ReactElement {
  const { state } = useLive();
  const { label, tone, title } = words[state];
  return (
    <span
      role="status"
      data-live={state}
      title={title}
      className="inline-flex h-6 items-center gap-2 rounded-full px-1 text-xs text-muted"
    >
      <StatusDot tone={tone} isBusy={state === 'reconnecting' || state === 'connecting'} />
      {label}
    </span>
  );
}
