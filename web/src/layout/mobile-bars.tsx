import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { IconButton } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { AttentionCount } from '../features/attention/attention-count.tsx';
import { Account } from './account.tsx';
import { Brand } from './brand.tsx';
import { Help } from './help.tsx';
import { LiveBadge } from './live-badge.tsx';
import { navigation } from './navigation.ts';

export function MobileTop({
  onSearch,
  onShortcuts,
}: {
  readonly onSearch: () => void;
  readonly onShortcuts: () => void;
}): ReactElement {
  return (
    <header className="sticky top-0 z-20 flex h-13 items-center gap-2.5 border-b border-line bg-canvas px-4 lg:hidden">
      <Link to="/" aria-label="Artenic, overview" className="flex items-center gap-2 rounded-md">
        <Brand className="size-6" />
        <span className="font-semibold tracking-tight">Artenic</span>
      </Link>
      <span className="ml-auto" />
      <LiveBadge />
      <IconButton label="Search" icon="search" onClick={onSearch} />
      <Help isIcon onShortcuts={onShortcuts} />
      <Account />
    </header>
  );
}

export function MobileTabs(): ReactElement {
  return (
    <nav
      aria-label="Main"
      className="sticky bottom-0 z-20 border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      <ul className="grid grid-flow-col">
        {navigation.map(({ to, label, icon }) => (
          <li key={to}>
            <Link
              to={to}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              className="relative flex h-14 flex-col items-center justify-center gap-1 text-2xs font-medium text-muted aria-[current=page]:text-ink"
            >
              <Icon name={icon} className="size-4.5" />
              {label}
              <AttentionCount page={to} className="absolute top-1 left-1/2 ml-2" />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
