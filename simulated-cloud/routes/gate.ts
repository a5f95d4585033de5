import { setTimeout as sleep } from 'node:timers/promises';
import { timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { jsonOrNull } from '@artenic/core';
import type { Cloud } from '../cloud.ts';
import { faultSchema, firingFault, type Fault, type Operation } from '../rules/faults.ts';
import { seededDraw } from '../rules/random.ts';
import { Refusal } from '../rules/refusals.ts';

/** Header that gives one request a fault: a fault as JSON, or its kind alone. */
const faultHeader = 'x-simulated-fault';

export type Answer = { readonly status: number; readonly body: unknown };
type Work = (fault: Fault | null) => Promise<Answer>;

export function hasKey(request: Request, key: string): boolean {
  const given = Buffer.from(request.header('authorization') ?? '');
  const wanted = Buffer.from(`Bearer ${key}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Handles every customer request: key, fault before the work, rate limit, work, fault after it. */
export class Gate {
  readonly #cloud: Cloud;
  #requests = 0;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  async serve(
    request: Request,
    response: Response,
    operation: Operation,
    name: string | null,
    work: Work,
  ): Promise<void> {
    const keyId = this.#authenticate(request);
    const fault = await this.#faultFor(request, operation, name);
    if (fault?.kind === 'reset') {
      response.socket?.destroy();
      return;
    }
    if (fault !== null) refuseBefore(fault);
    if (fault?.kind === 'garbage') {
      response.status(200).type('html').send('<html><body>Bad gateway</body></html>');
      return;
    }
    this.#limit(keyId);
    const { status, body } = await work(fault);
    if (fault?.kind === 'slow') await sleep((fault.seconds * 1000) / this.#cloud.state.scale);
    if (fault?.kind === 'answer-lost') response.socket?.destroy();
    else if (status === 204) response.status(status).end();
    else response.status(status).json(fault?.kind === 'unknown-state' ? withUnknownState(body) : body);
  }

  #authenticate(request: Request): string {
    const key = this.#cloud.world.keys.find((one) => hasKey(request, one.key));
    if (key === undefined) throw new Refusal('InvalidKey', 'No such key.');
    const { keyExpiries, originMs } = this.#cloud.state;
    const set = keyExpiries.get(key.id);
    const given = key.expiresAfterHours === null ? null : originMs + key.expiresAfterHours * 3_600_000;
    const expiresAtMs = set === undefined ? given : set;
    if (expiresAtMs !== null && expiresAtMs <= this.#cloud.nowMs()) {
      throw new Refusal('ExpiredToken', `The key ${key.id} expired at ${new Date(expiresAtMs).toISOString()}.`);
    }
    return key.id;
  }

  async #faultFor(request: Request, operation: Operation, name: string | null): Promise<Fault | null> {
    const asked = request.header(faultHeader);
    if (asked !== undefined) {
      const fault = parseFault(asked);
      await this.#note(fault, null, operation, name);
      return fault;
    }
    const { faults, seed, lastSeq } = this.#cloud.state;
    if (faults.length === 0) return null;
    const asking = { operation, name, label: `${lastSeq}:${this.#requests++}` };
    const rule = firingFault(faults, asking, this.#cloud.nowMs(), seededDraw(seed));
    if (rule === null) return null;
    await this.#note(rule.fault, rule.id, operation, name);
    return rule.fault;
  }

  async #note(fault: Fault, ruleId: string | null, operation: Operation, name: string | null): Promise<void> {
    await this.#cloud.submit({ kind: 'note', body: { kind: 'fault-fired', ruleId, fault, operation, name } });
  }

  #limit(keyId: string): void {
    const { requestsPerSecond } = this.#cloud.world;
    if (requestsPerSecond === null) return;
    const atMs = performance.now();
    const bucket = this.#buckets.get(keyId) ?? { tokens: requestsPerSecond, atMs };
    const tokens = Math.min(requestsPerSecond, bucket.tokens + ((atMs - bucket.atMs) / 1000) * requestsPerSecond);
    this.#buckets.set(keyId, { tokens: Math.max(0, tokens - 1), atMs });
    if (tokens < 1) throw new Refusal('Throttled', 'Too many requests.', { retryAfterSeconds: 1 });
  }
}

function parseFault(text: string): Fault {
  const parsed = faultSchema.safeParse(text.startsWith('{') ? jsonOrNull(text) : { kind: text });
  if (parsed.success) return parsed.data;
  throw new Refusal('InvalidParameter', `${faultHeader}: ${parsed.error.message}`);
}

/** Throws for faults that prevent a request from being executed. */
function refuseBefore(fault: Fault): void {
  switch (fault.kind) {
    case 'server-error':
      throw new Refusal('InternalError', 'Something went wrong on our side.', { status: fault.status });
    case 'throttled':
      throw new Refusal('Throttled', 'Too many requests.', { retryAfterSeconds: fault.retryAfterSeconds });
    case 'expired-credential':
      throw new Refusal('ExpiredToken', 'The key has expired.');
    case 'stockout':
      throw new Refusal('InsufficientCapacity', 'No capacity is left.');
    case 'quota':
      throw new Refusal('QuotaExceeded', 'The quota is used up.');
    case 'answer-lost':
    case 'slow':
    case 'reset':
    case 'made-twice':
    case 'never-boots':
    case 'unknown-state':
    case 'garbage':
      return;
    default:
      fault satisfies never;
  }
}

function withUnknownState(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (key, value: unknown) =>
    key === 'state' ? 'hibernating' : value,
  ) as unknown;
}
