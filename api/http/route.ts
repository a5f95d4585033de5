import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { AttemptRecord, JobRecord, ProjectPrincipal, Repositories } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';

/**
 * Permitted callers: every caller (`open`), an API key or session, the runner of the job's current attempt, or
 * (`webhook`) a caller with `write` or with a webhook signature.
 */
export type Permission = 'open' | 'read' | 'write' | 'runner' | 'webhook';

/**
 * Requests that one address may send to an open route in a minute. `refusals`: only requests with a wrong credential
 * count, on routes whose callers show a credential.
 */
export type OpenLimit = { readonly perMinute: number; readonly counts: 'requests' | 'refusals' };

export type Reply = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: AsyncIterable<Uint8Array>;
  /** Work that runs after the answer is sent. It must not fail. */
  readonly after?: () => Promise<void>;
};

/** The runner behind an attempt token. */
export type RunnerCaller = { readonly attempt: AttemptRecord; readonly job: JobRecord };

export type Context<P, Q, B> = {
  readonly deps: ApiDeps;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: Request;
  readonly response: Response;
  /**
   * The API key's owner, the session's owner, or the sender of a signed webhook; throws on open and runner routes,
   * which have no principal.
   */
  readonly principal: () => ProjectPrincipal;
  readonly runner: () => RunnerCaller;
  /**
   * Stores the reply under the request's idempotency key, in the transaction of its effect. Does nothing without a key.
   */
  readonly remember: (repositories: Repositories, reply: Reply) => Promise<void>;
};

/** How the body is read: not at all, as JSON, as raw bytes up to the limit, or left for the handler to stream. */
type BodyKind = 'none' | 'json' | 'bytes' | 'stream';

export type Route = {
  readonly method: 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';
  /** Parameters are written as `{name}`, as in OpenAPI. */
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly tag: string;
  readonly bodyKind: BodyKind;
  readonly bodyTypes: readonly string[];
  readonly params: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly bodySchema: z.ZodType | null;
  /** The limit for `json` and `bytes`; `maxBytes` takes precedence. */
  readonly limit: 'bodyBytes' | 'rowsBytes' | 'tensorBytes';
  readonly maxBytes: number | null;
  /** Limit of an open route; null for all other routes. */
  readonly openLimit: OpenLimit | null;
  /** The path has the id of a job, which callers may shorten. */
  readonly namesJob: boolean;
  /** Whether `Idempotency-Key` is honoured. */
  readonly idempotent: boolean;
  /** A path of an earlier platform, kept for its clients; new clients use the path that the OpenAPI document names. */
  readonly deprecated: boolean;
  readonly answers: Readonly<
    Record<
      number,
      {
        readonly description: string;
        readonly schema?: z.ZodType;
        readonly type?: string;
        readonly isAlsoBinary?: boolean;
      }
    >
  >;
  readonly handle: (context: Context<never, never, never>) => Promise<Reply>;
};

type Definition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Pick<
  Route,
  'method' | 'path' | 'permission' | 'summary' | 'tag' | 'answers'
> & {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly bodyKind?: BodyKind;
  readonly bodyTypes?: readonly string[];
  readonly maxBytes?: number;
  readonly limit?: Route['limit'];
  readonly openLimit?: OpenLimit;
  readonly idempotent?: boolean;
  readonly deprecated?: boolean;
  readonly handle: (context: Context<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Reply>;
};

/** Declares a route; its handler gets the values that the schemas have parsed. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  definition: Definition<P, Q, B>,
): Route {
  const bodyKind = definition.bodyKind ?? (definition.body === undefined ? 'none' : 'json');
  return {
    ...definition,
    bodyKind,
    bodyTypes:
      definition.bodyTypes ??
      (bodyKind === 'json' ? ['application/json'] : bodyKind === 'none' ? [] : ['application/octet-stream']),
    params: definition.params ?? null,
    query: definition.query ?? null,
    bodySchema: definition.body ?? null,
    maxBytes: definition.maxBytes ?? null,
    limit: definition.limit ?? 'bodyBytes',
    openLimit: definition.openLimit ?? null,
    // In paths `{id}` is always a job's; everything else has a parameter of its own name.
    namesJob: definition.path.includes('{id}'),
    idempotent: definition.idempotent ?? false,
    deprecated: definition.deprecated ?? false,
    handle: definition.handle,
  };
}

/** For load balancers and monitors, which may probe several times a second. */
export const probeLimit: OpenLimit = { perMinute: 3000, counts: 'requests' };
/**
 * Bounds work and log lines; tokens are too long to guess. Many runners may share an address, so only refusals count.
 */
export const tokenLimit: OpenLimit = { perMinute: 120, counts: 'refusals' };

export const ok = (body: unknown): Reply => ({ status: 200, body });
