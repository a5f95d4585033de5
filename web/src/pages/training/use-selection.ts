import { useState } from 'react';
import { mostCompared } from '../../features/compare/compare-ids.ts';

/** Rows chosen for a comparison, in the order in which they were chosen. */
export type Selection = {
  readonly ids: readonly string[];
  readonly isFull: boolean;
  readonly toggle: (id: string) => void;
  readonly clear: () => void;
};

export function useSelection(): Selection {
  const [ids, setIds] = useState<readonly string[]>([]);
  return {
    ids,
    isFull: ids.length >= mostCompared,
    toggle: (id) =>
      setIds((before) =>
        before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(0, mostCompared),
      ),
    clear: () => setIds([]),
  };
}
