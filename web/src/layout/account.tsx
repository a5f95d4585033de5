import { lazy, Suspense, useState, type ReactElement } from 'react';
import { AccountButton } from './account-button.tsx';

const AccountMenu = lazy(() => import('./account-menu.tsx').then((m) => ({ default: m.AccountMenu })));

/** The menu's code is loaded on the first click, because most visits do not need it. */
export function Account(): ReactElement {
  const [isWanted, setIsWanted] = useState(false);
  const button = <AccountButton aria-expanded={isWanted} onClick={() => setIsWanted(true)} />;
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <AccountMenu />
    </Suspense>
  );
}
