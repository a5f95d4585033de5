import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { AttemptRecord, JobRecord, ProjectPrincipal, Repositories } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';

/** Who may call: anybody, an API key, the runner of the job's current attempt, or (`webhook`) as `write` or signed by a webhook secret. */
export type Permission = 'open' | 'read' | 'write' | 'runner' | 'webhook';

export type Reply = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: AsyncIterable<Uint8Array>;
  /** What is done when the answer is on its way. It must not fail. */
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
  /** The API key's owner, or the sender of a signed webhook; throws on open and runner routes, where there is none. */
  readonly principal: () => ProjectPrincipal;
  readonly runner: () => RunnerCaller;
  /** Stores the reply under the request's idempotency key, in the transaction of its effect. Nothing without a key. */
  readonly remember: (repositories: Repositories, reply: Reply) => Promise<void>;
};

/** How the body is read: not at all, as JSON, as raw bytes up to the limit, or left for the handler to stream. */
type BodyKind = 'none' | 'json' | 'bytes' | 'stream';

export type Route = {
  readonly method: 'get' | 'head' | 'post' | 'put';
  /** With `{name}` for parameters, as OpenAPI writes them. */
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly tag: string;
  readonly bodyKind: BodyKind;
  readonly bodyTypes: readonly string[];
  readonly params: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly bodySchema: z.ZodType | null;
  /** Which limit counts for `json` and `bytes`; `maxBytes` goes before it. */
  readonly limit: 'bodyBytes' | 'rowsBytes' | 'tensorBytes';
  readonly maxBytes: number | null;
  /** Whether `Idempotency-Key` is honoured. */
  readonly idempotent: boolean;
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
  readonly idempotent?: boolean;
  readonly handle: (context: Context<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Reply>;
};

/** Declares one route; its handler gets what the schemas have parsed. */
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
    idempotent: definition.idempotent ?? false,
    handle: definition.handle,
  };
}

export const ok = (body: unknown): Reply => ({ status: 200, body });
