import type { AttemptView } from '@artenic/core';
import type { ReactElement } from 'react';
import { endingStatus } from '../../lib/status.ts';

/** Choice of an attempt; absent while there is only one. */
export function AttemptPicker(props: {
  readonly attempts: readonly AttemptView[];
  readonly value: number;
  readonly onChange: (attempt: number) => void;
}): ReactElement | null {
  const { attempts, value, onChange } = props;
  if (attempts.length < 2) return null;
  return (
    <select
      aria-label="Attempt"
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
      className="h-7 rounded-md border border-line bg-canvas px-2 text-xs"
    >
      {attempts.map(({ attempt, ending }) => (
        <option key={attempt} value={attempt}>
          Attempt {attempt}
          {ending === null ? '' : ` · ${endingStatus[ending.kind].label.toLowerCase()}`}
        </option>
      ))}
    </select>
  );
}
