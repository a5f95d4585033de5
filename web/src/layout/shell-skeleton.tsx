import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from '../components/icon.tsx';
import { Loading, Skeleton } from '../components/skeleton.tsx';
import { Brand } from './brand.tsx';
import { navigation } from './navigation.ts';

/** The frame of every page while it is not known who looks at it: nothing in it needs an answer of the API. */
export function ShellSkeleton(): ReactElement {
  return (
    <div className="flex min-h-dvh">
      <header className="hidden w-58 shrink-0 border-r border-line px-3 py-4 lg:block">
        <span className="mb-5 flex items-center gap-2.5 px-2 py-1">
          <Brand className="size-7" />
          <span className="text-lg font-semibold tracking-tight">Artenic</span>
        </span>
        <nav aria-label="Main">
          <ul className="space-y-0.5">
            {navigation.map(({ to, label, icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium text-muted"
                >
                  <Icon name={icon} className="size-4 opacity-80" />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="content" className="mx-auto w-full max-w-[76rem] min-w-0 flex-1 px-4 py-6 sm:px-6 lg:px-8 lg:py-8">
        <Loading>
          <Skeleton className="mb-6 h-9 w-56" />
          <Skeleton className="mb-4 h-32 rounded-lg" />
          <Skeleton className="h-72 rounded-lg" />
        </Loading>
      </main>
    </div>
  );
}
