import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useState, type ReactElement } from 'react';
import { focusFilter } from '../lib/focus-filter.ts';
import { LiveProvider } from '../lib/live-context.tsx';
import { moveRowFocus } from '../lib/row-focus.ts';
import { useShortcuts } from '../lib/shortcuts.ts';
import { FirstTour } from '../features/tour/first-tour.tsx';
import { setTheme, themes, useTheme } from '../lib/theme.ts';
import { MobileTabs, MobileTop } from './mobile-bars.tsx';
import { LazyPalette, usePalette } from './palette/use-palette.ts';
import { Sidebar } from './sidebar.tsx';

const ShortcutsSheet = lazy(() => import('./shortcuts-sheet.tsx').then((m) => ({ default: m.ShortcutsSheet })));

function useGlobalShortcuts(onShortcuts: () => void, onPalette: () => void): void {
  const navigate = useNavigate();
  const theme = useTheme();
  useShortcuts({
    'g o': () => void navigate({ to: '/' }),
    'g j': () => void navigate({ to: '/jobs' }),
    'g d': () => void navigate({ to: '/datasets' }),
    'g m': () => void navigate({ to: '/models' }),
    'g p': () => void navigate({ to: '/playground' }),
    'g r': () => void navigate({ to: '/providers' }),
    n: () => void navigate({ to: '/jobs/new' }),
    '/': focusFilter,
    j: () => moveRowFocus(1),
    k: () => moveRowFocus(-1),
    t: () => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'),
    '?': onShortcuts,
    'mod k': onPalette,
  });
}

/** Frame around every page behind the sign-in. */
export function Shell(): ReactElement {
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const [wasSheetOpened, setWasSheetOpened] = useState(false);
  const openSheet = useCallback((): void => {
    setWasSheetOpened(true);
    setIsSheetOpen(true);
  }, []);
  const palette = usePalette();
  useGlobalShortcuts(openSheet, palette.open);
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
        <Sidebar onShortcuts={openSheet} onSearch={palette.open} onSearchNear={palette.preload} />
        <div className="flex min-w-0 flex-1 flex-col">
          <MobileTop onSearch={palette.open} onShortcuts={openSheet} />
          <main
            id="content"
            tabIndex={-1}
            className="mx-auto w-full max-w-[76rem] flex-1 has-[[data-wide]]:max-w-[110rem] px-4 py-6 outline-none sm:px-6 lg:px-8 lg:py-8"
          >
            <Outlet />
          </main>
          <MobileTabs />
        </div>
      </div>
      <FirstTour />
      {wasSheetOpened && (
        <Suspense>
          <ShortcutsSheet isOpen={isSheetOpen} onClose={() => setIsSheetOpen(false)} />
        </Suspense>
      )}
      {palette.isOpen && (
        <Suspense>
          <LazyPalette isOpen onClose={palette.close} onShortcuts={openSheet} takeTyped={palette.takeTyped} />
        </Suspense>
      )}
    </LiveProvider>
  );
}
