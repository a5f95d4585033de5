import { z } from 'zod';
import { endOf } from '../../time-limit.ts';
import {
  accountSchema,
  consoleSchema,
  errorSchema,
  instanceSchema,
  offerSchema,
  pageSchema,
  type CloudAccount,
  type CloudInstance,
  type CloudOffer,
} from './answers.ts';
import { errorOf } from './errors.ts';

export type CloudClientOptions = {
  readonly url: string;
  readonly key: string;
  /** Timeout of one request; 20 s by default. */
  readonly timeoutMs?: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
};

export type CreateInput = {
  readonly name: string;
  readonly clientToken: string;
  readonly region: string;
  readonly instanceType: string;
  readonly spot: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly userData: string;
};

/** Client of the cloud's HTTP API. Each method sends one request, a list one per page. Retries nothing. */
export class CloudClient {
  readonly #options: CloudClientOptions;

  constructor(options: CloudClientOptions) {
    this.#options = options;
  }

  account(): Promise<CloudAccount> {
    return this.#ask('GET', '/account', accountSchema, { what: 'show the account' });
  }

  offers(): Promise<readonly CloudOffer[]> {
    return this.#pages('/offers', new URLSearchParams(), offerSchema, 'list the offers');
  }

  create(input: CreateInput): Promise<CloudInstance> {
    return this.#ask('POST', '/instances', instanceSchema, {
      what: 'create an instance',
      body: input,
      mayHaveActed: true,
    });
  }

  describe(instanceId: string): Promise<CloudInstance> {
    return this.#ask('GET', `/instances/${encodeURIComponent(instanceId)}`, instanceSchema, {
      what: 'describe an instance',
    });
  }

  list(
    tags: Readonly<Record<string, string>>,
    options: { readonly liveOnly: boolean },
  ): Promise<readonly CloudInstance[]> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(tags)) query.set(`tag.${key}`, value);
    if (options.liveOnly) query.set('live', 'true');
    return this.#pages('/instances', query, instanceSchema, 'list the instances');
  }

  /** Idempotent, so a caller may simply repeat it. */
  async terminate(instanceId: string): Promise<void> {
    await this.#ask('DELETE', `/instances/${encodeURIComponent(instanceId)}`, z.looseObject({}), {
      what: 'terminate an instance',
    });
  }

  async console(instanceId: string): Promise<string> {
    const path = `/instances/${encodeURIComponent(instanceId)}/console`;
    return (await this.#ask('GET', path, consoleSchema, { what: 'show a console' })).text;
  }

  async #pages<Item extends z.ZodType>(
    path: string,
    query: URLSearchParams,
    item: Item,
    what: string,
  ): Promise<readonly z.output<Item>[]> {
    const found: z.output<Item>[] = [];
    const asked = new URLSearchParams(query);
    for (;;) {
      const { items, next } = await this.#ask('GET', `${path}?${asked.toString()}`, pageSchema(item), { what });
      found.push(...items);
      if (next === null) return found;
      asked.set('cursor', next);
    }
  }

  async #ask<Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    options: { readonly what: string; readonly body?: unknown; readonly mayHaveActed?: boolean },
  ): Promise<z.output<Schema>> {
    const { what, body, mayHaveActed = false } = options;
    const { url, key, timeoutMs = 20_000, headers } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: endOf(AbortSignal.timeout(timeoutMs)),
      });
      text = await response.text();
    } catch (cause) {
      throw errorOf({ kind: 'silence', cause }, what, mayHaveActed);
    }
    const { status } = response;
    const json = parseJson(text);
    if (response.ok) {
      const parsed = schema.safeParse(json);
      if (parsed.success) return parsed.data;
      throw errorOf({ kind: 'unreadable', status }, what, mayHaveActed);
    }
    const refusal = errorSchema.safeParse(json);
    if (!refusal.success) throw errorOf({ kind: 'unreadable', status }, what, mayHaveActed);
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const retryAfterMs = Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1000 : null;
    throw errorOf({ kind: 'refusal', status, ...refusal.data.error, retryAfterMs }, what, mayHaveActed);
  }
}

/** Undefined for invalid JSON; no schema accepts undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
