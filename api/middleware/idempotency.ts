import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import type { ProjectPrincipal, Repositories } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import type { Reply } from '../http/route.ts';

/** A dead request's lock keeps its client's next try waiting for no longer than this. */
const lockMs = 10_000;
/** Two renewals may fail before a living request's lock is lost. */
const renewalMs = 3000;

export type KeyHold = {
  readonly remember: (repositories: Repositories, reply: Reply) => Promise<void>;
  /** After the handler: stores the reply if the handler did not. If this throws, call `release`. */
  readonly settle: (reply: Reply) => Promise<void>;
  /** After a failure without effect: the key may be used again. */
  readonly release: () => Promise<void>;
};

const nothing: KeyHold = {
  remember: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

/** Takes the request's idempotency key, or gives the stored reply of an earlier request with it. */
export async function holdKey(
  deps: ApiDeps,
  request: Request,
  principal: ProjectPrincipal,
  body: Uint8Array,
): Promise<KeyHold | Reply> {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return nothing;
  const key = String(header);
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new ArtenicError('malformed-request', 'Idempotency-Key has 1 to 255 visible ASCII characters.');
  const begun = await deps.store.as(principal).idempotency.begin({
    key,
    principalId: principal.id,
    route: `${request.method} ${request.path}`,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    now: deps.now(),
    lockMs,
  });
  switch (begun.kind) {
    case 'replay':
      return {
        status: begun.response.status,
        body: begun.response.body,
        headers: { ...begun.response.headers, 'idempotent-replayed': 'true' },
      };
    case 'in-flight':
      throw new ArtenicError('idempotency-in-flight', 'The first request with this key has no answer yet.', {
        retryAfterMs: 1000,
      });
    case 'mismatch':
      throw new ArtenicError('idempotency-mismatch', 'This key came with another request before.');
    case 'new':
      break;
  }
  return hold(deps, key, principal);
}

function hold(deps: ApiDeps, key: string, principal: ProjectPrincipal): KeyHold {
  const store = deps.store.as(principal);
  let isRemembered = false;
  const renewing = setInterval(() => {
    // The next renewal covers a failed one.
    store.idempotency
      .renew(key, principal.id, new Date(deps.now().getTime() + lockMs))
      .catch((error: unknown) => deps.logger.warn({ error: messageOf(error) }, 'an idempotency key was not renewed'));
  }, renewalMs);
  const complete = async (repositories: Pick<Repositories, 'idempotency'>, reply: Reply): Promise<void> => {
    isRemembered = true;
    await repositories.idempotency.complete(key, principal.id, {
      status: reply.status,
      body: reply.body ?? null,
      headers: reply.headers ?? {},
    });
  };
  return {
    remember: complete,
    settle: async (reply) => {
      if (!isRemembered) await complete(store, reply);
      clearInterval(renewing);
    },
    release: async () => {
      clearInterval(renewing);
      // A key whose effect may have been committed stays held until its lock ends.
      if (!isRemembered) await store.idempotency.abandon(key, principal.id);
    },
  };
}
