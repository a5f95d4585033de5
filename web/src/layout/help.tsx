import { lazy, Suspense, useState, type ReactElement } from 'react';
import { HelpButton } from './help-button.tsx';

const HelpMenu = lazy(() => import('./help-menu.tsx').then((m) => ({ default: m.HelpMenu })));

/** The menu's code is loaded on the first click, because most visits do not need it. */
export function Help({
  isIcon = false,
  onShortcuts,
}: {
  readonly isIcon?: boolean;
  readonly onShortcuts: () => void;
}): ReactElement {
  const [isWanted, setIsWanted] = useState(false);
  const button = <HelpButton isIcon={isIcon} aria-expanded={isWanted} onClick={() => setIsWanted(true)} />;
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <HelpMenu isIcon={isIcon} onShortcuts={onShortcuts} />
    </Suspense>
  );
}
