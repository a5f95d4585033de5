import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { ErrorState } from '../components/states.tsx';

/** Shown when a page could not load: the API is unreachable, or the dashboard has a fault. */
export function RouteError({ error, reset }: ErrorComponentProps): ReactElement {
  const router = useRouter();
  useEffect(() => {
    document.title = 'Error – Artenic';
  }, []);
  return (
    <main id="content" className="mx-auto flex min-h-[60dvh] max-w-xl flex-col justify-center">
      <h1 className="sr-only">The page cannot be shown</h1>
      <ErrorState
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}
