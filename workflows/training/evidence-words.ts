import type { InstanceEvidence } from '../../core/instance-evidence.ts';

/** Text for the timeline. */
export function describeEvidence({ isOver, silent, endedBy }: InstanceEvidence): string {
  if (isOver === true) return 'its final report was found';
  if (silent === undefined) return `the instance is gone, ended by ${endedBy}`;
  const what = silent.kind === 'never-spoke' ? 'its runner never connected' : 'its runner stopped reporting';
  return `${what}: no sign of life since ${silent.since}; it is ended`;
}
