import { QueryClient, QueryClientProvider, QueryCache, MutationCache } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Toasts } from './components/toast.tsx';
import { ApiError } from './lib/api.ts';
import { keys } from './lib/queries.ts';
import { createAppRouter } from './router.tsx';

const retries = 2;

/** Retries only when the API was unreachable (status 0) or answered 503; a refusal would only repeat. */
function mayRetry(failures: number, error: Error): boolean {
  return failures < retries && error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** The session ended while pages were open: go to the sign-in page, which returns to the current address. */
function onError(error: Error): void {
  if (!(error instanceof ApiError) || error.status !== 401) return;
  const { pathname, href } = router.state.location;
  if (pathname === '/sign-in') return;
  client.removeQueries({ queryKey: keys.session });
  void router.navigate({ to: '/sign-in', search: { to: href }, replace: true });
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      retry: mayRetry,
      retryDelay: (failures) => 300 * 2 ** failures,
      staleTime: 3000,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
const router = createAppRouter(client);

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

export function App(): ReactElement {
  return (
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
      <Toasts />
    </QueryClientProvider>
  );
}
