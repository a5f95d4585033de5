import { datasetStates } from '@artenic/core';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { chartSearch } from './features/metrics/chart-search.ts';
import { RouteError } from './layout/route-error.tsx';
import { ShellSkeleton } from './layout/shell-skeleton.tsx';
import { Shell } from './layout/shell.tsx';
import { ApiError } from './lib/api.ts';
import { sessionQuery } from './lib/queries.ts';
import { datasetSearchSchema } from './pages/dataset/dataset-search.ts';
import { jobTabs } from './pages/job/job-tabs.ts';
import { NotFoundPage } from './pages/not-found.tsx';
import { jobsSearchSchema } from './pages/training/jobs-search.ts';

const rootRoute = createRootRouteWithContext<{ readonly client: QueryClient }>()({
  component: Outlet,
  errorComponent: RouteError,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: z.object({ to: z.string().startsWith('/').optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
});

/** All routes behind the sign-in. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        const isHome = location.href === '/';
        // oxlint-disable-next-line typescript/only-throw-error -- how the router is told
        throw redirect({ to: '/sign-in', search: isHome ? {} : { to: location.href } });
      }
      throw error;
    }
  },
  component: Shell,
  errorComponent: RouteError,
  // An answer that takes longer than a blink must not leave the window white.
  pendingComponent: ShellSkeleton,
  pendingMs: 100,
  pendingMinMs: 0,
});

const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview/overview-page.tsx'), 'OverviewPage'),
});

const trainingRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/jobs',
  validateSearch: jobsSearchSchema,
  component: lazyRouteComponent(() => import('./pages/training/training-page.tsx'), 'TrainingPage'),
});

const dispatchRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/jobs/new',
  validateSearch: z.object({
    /** Job whose settings fill the form. */
    from: z.uuid().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./pages/dispatch/dispatch-page.tsx'), 'DispatchPage'),
});

const jobRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/jobs/$jobId',
  validateSearch: z.object({
    tab: z.enum(jobTabs).optional().catch(undefined),
    attempt: z.int().min(1).optional().catch(undefined),
    ...chartSearch,
  }),
  component: lazyRouteComponent(() => import('./pages/job/job-page.tsx'), 'JobPage'),
});

const runRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('./pages/run-page.tsx'), 'RunPage'),
});

const compareRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/jobs/compare',
  validateSearch: z.object({
    /** Ids of jobs, separated by commas. */
    ids: z.string().max(1000).optional().catch(undefined),
    ...chartSearch,
  }),
  component: lazyRouteComponent(() => import('./pages/compare/compare-page.tsx'), 'ComparePage'),
});

const datasetsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/datasets',
  validateSearch: z.object({
    search: z.string().max(63).optional().catch(undefined),
    status: z.enum(datasetStates).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./pages/datasets/datasets-page.tsx'), 'DatasetsPage'),
});

const datasetRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/datasets/$name',
  validateSearch: datasetSearchSchema,
  component: lazyRouteComponent(() => import('./pages/dataset/dataset-page.tsx'), 'DatasetPage'),
});

const modelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/models',
  validateSearch: z.object({ search: z.string().max(63).optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./pages/models/models-page.tsx'), 'ModelsPage'),
});

const modelRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/models/$name',
  validateSearch: z.object({
    version: z.int().min(1).optional().catch(undefined),
    /** Versions compared with the selected version. */
    compare: z.array(z.int().min(1)).max(9).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./pages/model/model-page.tsx'), 'ModelPage'),
});

const playgroundRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/playground',
  validateSearch: z.object({
    model: z.string().max(63).optional().catch(undefined),
    version: z.int().min(1).optional().catch(undefined),
    view: z.enum(['form', 'json']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./pages/playground-page.tsx'), 'PlaygroundPage'),
});

const providersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/providers',
  component: lazyRouteComponent(() => import('./pages/providers-page.tsx'), 'ProvidersPage'),
});

/** The table of contents is an index route: `$` alone would also match the address without a page. */
const helpRoute = createRoute({ getParentRoute: () => shellRoute, path: '/help' });

const contentsRoute = createRoute({
  getParentRoute: () => helpRoute,
  path: '/',
  validateSearch: z.object({ search: z.string().max(63).optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./pages/help/help-page.tsx'), 'HelpPage'),
});

const docRoute = createRoute({
  getParentRoute: () => helpRoute,
  path: '$',
  component: lazyRouteComponent(() => import('./pages/help/help-page.tsx'), 'DocPage'),
});

/** Any other address, shown inside the frame, so that the navigation stays available. */
const elseRoute = createRoute({ getParentRoute: () => shellRoute, path: '$', component: NotFoundPage });

const routeTree = rootRoute.addChildren([
  signInRoute,
  shellRoute.addChildren([
    overviewRoute,
    trainingRoute,
    dispatchRoute,
    compareRoute,
    jobRoute,
    runRoute,
    datasetsRoute,
    datasetRoute,
    modelsRoute,
    modelRoute,
    playgroundRoute,
    providersRoute,
    helpRoute.addChildren([contentsRoute, docRoute]),
    elseRoute,
  ]),
]);

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is what the router makes of the tree
export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}
