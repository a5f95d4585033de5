import { assertNever } from '../../core/assert-never.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';

/**
 * Meaning of a cancel of an attempt's run. `end`: a stop without a grace. `drop`: the job has ended without this attempt. `detach`: the parent run is
 * gone but the job is not over; the next run takes the instance over.
 */
export type StopIntent = 'none' | 'stop' | 'end' | 'drop' | 'detach';

export function stopOf(intent: StopIntent): StopReason | 'detach' | null {
  return intent === 'detach' ? intent : reasonOf(intent);
}

export function reasonOf(intent: Exclude<StopIntent, 'detach'>): StopReason | null {
  switch (intent) {
    case 'none':
      return null;
    case 'stop':
      return 'cancelled';
    case 'end':
      return 'cancelled-now';
    case 'drop':
      return 'not-needed';
    default:
      return assertNever(intent);
  }
}
