import { useEffect, useId } from 'react';
import type { IconName } from '../components/icon.tsx';

/** An action of the shown page that the command palette offers. */
export type PageAction = {
  readonly title: string;
  readonly icon: IconName;
  readonly run: () => void;
};

const offered = new Map<string, readonly PageAction[]>();

/** Offers actions while the component is shown. */
export function usePageActions(actions: readonly PageAction[]): void {
  const id = useId();
  useEffect(() => {
    offered.set(id, actions);
  });
  useEffect(() => () => void offered.delete(id), [id]);
}

export const pageActions = (): readonly PageAction[] => [...offered.values()].flat();
