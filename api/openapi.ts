import {
  extendZodWithOpenApi,
  OpenApiGeneratorV31,
  OpenAPIRegistry,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Permission, Route } from './http/route.ts';
import { isOip } from './http/problems.ts';
import { named } from './schemas.ts';
import { withSingleTypes } from './single-types.ts';

extendZodWithOpenApi(z);

const inferError = { content: { 'application/json': { schema: named.inferError } } };
const problem = { content: { 'application/problem+json': { schema: named.problem } } };

const tags = {
  jobs: 'Training jobs, their attempts, logs, metrics and outputs',
  objects: 'Uploads by content id: packages, data and model files',
  models: 'The registry: versions and their stages',
  runs: 'One for each job, and those opened for trainings elsewhere',
  features: 'Named, typed definitions tied to columns of datasets',
  lineage: 'What came from what: datasets, runs, models and their stages',
  uploads: 'Resumable uploads of contents (tus 1.0.0)',
  predictions: 'Rows through a model',
  inference: 'Open Inference Protocol v2, with Triton’s binary tensors',
  providers: 'Where jobs can run',
  sessions: 'Signing in to the dashboard',
  overview: 'What the first pages show',
  platform: 'Health, metrics and this document',
  runner: 'Called by the runner of a job only',
} as const;

const binary = z.string().meta({ format: 'binary' });

/** Open routes whose callers show a bootstrap token. */
const tradesToken: ReadonlySet<string> = new Set([
  '/api/v1/runner/hello',
  '/api/v1/runner/bootstrap',
  '/api/v1/runner/programs/{sha256}',
]);

/** Statuses that the HTTP server sends before a request has a route. */
const beforeRoutes: ReadonlySet<number> = new Set([408, 431]);

/** Routes that read contents of datasets, or refuse jobs that would. */
function mayMeetPurged({ tag, method, path }: Route): boolean {
  if (tag === 'datasets') return ['/files/{path}', '/profile', '/preview'].some((end) => path.endsWith(end));
  return path === '/api/v1/runner/objects/sign' || (method === 'post' && path === '/api/v1/jobs');
}

/** Refusals that every route of a kind can answer with. */
function refusals(route: Route): RouteConfig['responses'] {
  const hasInput = route.params !== null || route.query !== null || route.bodyKind !== 'none';
  const hasBody = route.bodyKind !== 'none';
  const rows: readonly (readonly [number, string, boolean])[] = [
    [400, 'The request cannot be read', true],
    [401, 'No valid credential', route.permission !== 'open' || tradesToken.has(route.path)],
    [403, 'Not allowed from here', true],
    [404, 'Not found', true],
    [408, 'The request took too long to come', true],
    [
      409,
      'Conflict with the present state',
      (route.method !== 'get' && route.method !== 'head') ||
        route.namesJob ||
        route.tag === 'lineage' ||
        isOip(route.path),
    ],
    [410, 'The content was purged', mayMeetPurged(route)],
    [413, 'The body is too large', hasBody],
    [413, 'The page needs too much memory', route.path.endsWith('/preview')],
    [415, 'The content type is not supported', hasBody],
    [422, 'Wrong or unknown fields', !isOip(route.path) && (hasInput || route.idempotent)],
    [
      429,
      'Too many requests: retry after the time in `Retry-After`',
      route.permission === 'webhook' || route.openLimit !== null,
    ],
    [431, 'Address and headers are too long', true],
    [500, 'Internal error', true],
    [503, 'A part of the platform is away; try again', true],
    [504, 'Timed out', ['predictions', 'inference', 'models', 'datasets', 'uploads'].includes(route.tag)],
  ];
  return Object.fromEntries(
    rows
      .filter(([status, , applies]) => applies && route.answers[status] === undefined)
      .map(([status, description]) => [
        status,
        { description, ...(isOip(route.path) && !beforeRoutes.has(status) ? inferError : problem) },
      ]),
  );
}

const security: Readonly<Record<Permission, Record<string, string[]>[]>> = {
  open: [],
  read: [{ apiKey: [] }, { session: [] }],
  write: [{ apiKey: [] }, { session: [] }],
  runner: [{ attemptToken: [] }],
  webhook: [{ apiKey: [] }, { session: [] }, { webhook: [] }],
};

function requestOf(route: Route): NonNullable<RouteConfig['request']> {
  const headers = route.idempotent ? [z.object({ 'Idempotency-Key': z.string().min(1).max(255).optional() })] : [];
  return {
    ...(route.params === null ? {} : { params: route.params as z.ZodObject }),
    ...(route.query === null ? {} : { query: route.query as z.ZodObject }),
    ...(headers[0] === undefined ? {} : { headers: headers[0] }),
    ...(route.bodyKind === 'none'
      ? {}
      : {
          body: {
            required: route.bodySchema === null || !route.bodySchema.safeParse({}).success,
            content: Object.fromEntries(
              route.bodyTypes.map((type) => [
                type,
                { schema: type.endsWith('json') ? (route.bodySchema ?? binary) : binary },
              ]),
            ),
          },
        }),
  };
}

function operationId(route: Route): string {
  const words = route.path
    .replace('/api/v1', '')
    .split(/[/{}._-]+/)
    .filter((word) => word !== '');
  return [route.method, ...words]
    .map((word, index) => (index === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`))
    .join('');
}

/** The OpenAPI 3.1 document of these routes. A route that is not in the table is not served. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: aa_live_…',
  });
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'artenic-session',
    description: 'The dashboard’s session, from its own pages only; the name ends with the port, when there is one.',
  });
  registry.registerComponent('securitySchemes', 'attemptToken', {
    type: 'http',
    scheme: 'bearer',
    description: "A runner's token of its attempt",
  });
  registry.registerComponent('securitySchemes', 'webhook', {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description: 'Standard Webhooks, with webhook-id and webhook-timestamp, by a secret of ARTENIC_WEBHOOK_SECRETS.',
  });
  for (const route of routes) {
    const answers = Object.fromEntries(
      Object.entries(route.answers).map(([status, { description, schema, type, isAlsoBinary = false }]) => [
        status,
        {
          description,
          ...(schema === undefined && type === undefined
            ? {}
            : {
                content: {
                  [type ?? 'application/json']: { schema: schema ?? binary },
                  ...(isAlsoBinary ? { 'application/octet-stream': { schema: binary } } : {}),
                },
              }),
        },
      ]),
    );
    registry.registerPath({
      method: route.method,
      path: route.path,
      operationId: operationId(route),
      summary: route.summary,
      tags: [route.tag],
      ...(route.deprecated ? { deprecated: true } : {}),
      security: security[route.permission],
      request: requestOf(route),
      responses: { ...answers, ...refusals(route) },
    });
  }
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Artenic',
      version,
      description: 'Trains, serves and watches models.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  });
  return withSingleTypes(document) as object;
}
