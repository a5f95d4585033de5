import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from '../components/icon.tsx';
import { Kbd } from '../components/kbd.tsx';
import { AttentionCount } from '../features/attention/attention-count.tsx';
import { activeJobs } from '../lib/active-jobs.ts';
import { overviewQuery, platformQuery } from '../lib/queries.ts';
import { modifierKey } from '../lib/shortcuts.ts';
import { Account } from './account.tsx';
import { Brand } from './brand.tsx';
import { Help } from './help.tsx';
import { LiveBadge } from './live-badge.tsx';
import { navigation } from './navigation.ts';

const linkClass =
  'group flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium text-muted transition-colors hover:bg-raised hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:text-ink';

export function Sidebar(props: {
  readonly onShortcuts: () => void;
  readonly onSearch: () => void;
  /** The pointer is on the way to the search. */
  readonly onSearchNear: () => void;
}): ReactElement {
  const { onShortcuts, onSearch, onSearchNear } = props;
  const { data: overview } = useQuery(overviewQuery);
  const { data: platform } = useQuery(platformQuery);
  const active = overview === undefined ? 0 : activeJobs(overview.jobsByState);
  return (
    <header className="hidden w-58 shrink-0 border-r border-line lg:block">
      <div className="sticky top-0 flex h-dvh flex-col px-3 py-4">
        <Link to="/" className="mb-5 flex items-center gap-2.5 rounded-md px-2 py-1">
          <Brand className="size-7" />
          <span className="text-lg font-semibold tracking-tight">Artenic</span>
          <span className="ml-auto font-mono text-2xs text-muted">{platform?.version}</span>
        </Link>
        <button
          type="button"
          onClick={onSearch}
          onPointerEnter={onSearchNear}
          className="mb-3 flex h-8 w-full items-center gap-2.5 rounded-md border border-line bg-surface px-2.5 text-sm text-muted shadow-card transition-colors hover:border-muted/50 hover:text-ink"
        >
          <Icon name="search" className="size-4 opacity-80" />
          Search
          <span className="ml-auto">
            <Kbd keys={`${modifierKey} K`} />
          </span>
        </button>
        <nav aria-label="Main">
          <ul className="space-y-0.5">
            {navigation.map(({ to, label, icon }) => (
              <li key={to}>
                <Link to={to} activeOptions={{ exact: to === '/', includeSearch: false }} className={linkClass}>
                  <Icon name={icon} className="size-4 opacity-80" />
                  {label}
                  <AttentionCount page={to} className="ml-auto" />
                  {to === '/jobs' && active > 0 && (
                    <span className="ml-auto rounded-full bg-info/10 px-1.5 text-xs text-info tabular-nums">
                      {active}
                      <span className="sr-only"> active</span>
                    </span>
                  )}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="mt-auto space-y-0.5">
          {platform?.temporalUi !== null && platform !== undefined && (
            <a href={platform.temporalUi} target="_blank" rel="noreferrer" className={linkClass}>
              <Icon name="branch" className="size-4 opacity-80" />
              Temporal
              <Icon name="external" className="ml-auto size-3.5 opacity-60" />
              <span className="sr-only">(opens a new tab)</span>
            </a>
          )}
          <Help onShortcuts={onShortcuts} />
          <div className="mt-3 flex items-center justify-between border-t border-line pt-3 pl-2.5">
            <LiveBadge />
            <Account />
          </div>
        </div>
      </div>
    </header>
  );
}
