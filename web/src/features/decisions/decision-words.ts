import type { DecisionLine, DecisionView, JobState } from '@artenic/core';
import type { IconName } from '../../components/icon.tsx';
import { jobStatus, type Tone } from '../../lib/status.ts';

/** Why a line's decision was made; empty where its title says as much. */
export function decisionReason({ kind, reason }: Pick<DecisionLine, 'kind' | 'reason'>): string {
  if (kind === 'watch' && /^Attempt \d+ is running\.$/.test(reason)) return '';
  return `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}`;
}

const policyNames: Readonly<Record<string, string>> = {
  'spot-only': 'Spot machines only',
  'on-demand-only': 'On-demand machines only',
  'spot-with-fallback': 'Spot machines, on demand as fallback',
};

/** `Spot machines only (rules version 3)` for `spot-only-3`. */
export function policyWords(policyVersion: string): string {
  const found = /^(.+)-(\d+)$/.exec(policyVersion);
  const name = policyNames[found?.[1] ?? policyVersion];
  return name === undefined ? policyVersion : `${name} (rules version ${found?.[2] ?? '1'})`;
}

const icons: Readonly<Record<Exclude<DecisionView['kind'], 'finish'>, IconName>> = {
  launch: 'play',
  wait: 'hourglass',
  watch: 'search',
  replace: 'recover',
};

/** The end of a job has the icon of how it ended. */
export function decisionIcon(kind: DecisionView['kind'], state: JobState): { icon: IconName; tone: Tone } {
  if (kind !== 'finish') return { icon: icons[kind], tone: 'muted' };
  const { icon, tone } = jobStatus[state];
  return { icon, tone };
}
