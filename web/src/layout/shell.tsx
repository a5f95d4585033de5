import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { LiveProvider } from '../lib/live-context.tsx';
import { useShortcuts } from '../lib/shortcuts.ts';
import { setTheme, themes, useTheme } from '../lib/theme.ts';
import { MobileTabs, MobileTop } from './mobile-bars.tsx';
import { Sidebar } from './sidebar.tsx';

const ShortcutsSheet = lazy(() => import('./shortcuts-sheet.tsx').then((m) => ({ default: m.ShortcutsSheet })));

function focusRow(place: 'first' | 'last'): void {
  const links = [...document.querySelectorAll<HTMLElement>('main [data-row] a')];
  (place === 'first' ? links[0] : links.at(-1))?.focus();
}

function useGlobalShortcuts(onShortcuts: () => void): void {
  const navigate = useNavigate();
  const theme = useTheme();
  useShortcuts({
    'g o': () => void navigate({ to: '/' }),
    'g j': () => void navigate({ to: '/jobs' }),
    'g m': () => void navigate({ to: '/models' }),
    'g p': () => void navigate({ to: '/playground' }),
    'g r': () => void navigate({ to: '/providers' }),
    n: () => void navigate({ to: '/jobs/new' }),
    '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
    j: () => focusRow('first'),
    k: () => focusRow('last'),
    t: () => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'),
    '?': onShortcuts,
  });
}

/** Frame around every page behind the sign-in. */
export function Shell(): ReactElement {
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const [wasSheetOpened, setWasSheetOpened] = useState(false);
  const openSheet = (): void => {
    setWasSheetOpened(true);
    setIsSheetOpen(true);
  };
  useGlobalShortcuts(openSheet);
  return (
    <LiveProvider>
      <a
        href="#content"
        className="fixed top-3 left-3 z-70 -translate-y-20 rounded-md bg-ink px-4 py-2 text-sm font-medium text-canvas focus:translate-y-0"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('#content')?.focus();
        }}
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh">
        <Sidebar onShortcuts={openSheet} />
        <div className="flex min-w-0 flex-1 flex-col">
          <MobileTop />
          <main
            id="content"
            tabIndex={-1}
            className="mx-auto w-full max-w-[76rem] flex-1 px-4 py-6 outline-none sm:px-6 lg:px-8 lg:py-8"
          >
            <Outlet />
          </main>
          <MobileTabs />
        </div>
      </div>
      {wasSheetOpened && (
        <Suspense>
          <ShortcutsSheet isOpen={isSheetOpen} onClose={() => setIsSheetOpen(false)} />
        </Suspense>
      )}
    </LiveProvider>
  );
}
