import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, type ReactElement } from 'react';
import { sessionQuery } from '../../lib/queries.ts';
import { hasSeenTour, startTour, useTourStep } from './tour-state.ts';

const Tour = lazy(() => import('./tour.tsx').then((m) => ({ default: m.Tour })));

/** Starts the tour at a user's first visit to the overview; other pages were opened for a reason of their own. */
export function FirstTour(): ReactElement | null {
  const { data: session } = useQuery(sessionQuery);
  const isHome = useLocation({ select: ({ pathname }) => pathname === '/' });
  const step = useTourStep();
  const user = session?.name;
  useEffect(() => {
    if (user !== undefined && isHome && !hasSeenTour(user)) startTour();
  }, [user, isHome]);
  if (user === undefined || step === null) return null;
  return (
    <Suspense>
      <Tour place={step} user={user} />
    </Suspense>
  );
}
