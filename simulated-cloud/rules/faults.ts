import { z } from 'zod';
import type { Draw } from './random.ts';

export const operations = ['offers', 'create', 'describe', 'list', 'terminate', 'console', 'account'] as const;
export type Operation = (typeof operations)[number];

/** Faults of a single request. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Executed, but the connection is cut before the answer. */
  z.strictObject({ kind: z.literal('answer-lost') }),
  /** Executed, but the answer comes only after this long (in the cloud's time). */
  z.strictObject({ kind: z.literal('slow'), seconds: z.number().positive() }),
  /** Not executed; the connection is cut. */
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('server-error'), status: z.number().int().min(500).max(599).default(503) }),
  z.strictObject({ kind: z.literal('throttled'), retryAfterSeconds: z.number().int().min(0).default(1) }),
  z.strictObject({ kind: z.literal('expired-credential') }),
  z.strictObject({ kind: z.literal('stockout') }),
  z.strictObject({ kind: z.literal('quota') }),
  /** One request makes two instances. */
  z.strictObject({ kind: z.literal('made-twice') }),
  /** The instance is made and reported as running, but no process ever runs on it. */
  z.strictObject({ kind: z.literal('never-boots') }),
  /** The answer contains a state that is not documented. */
  z.strictObject({ kind: z.literal('unknown-state') }),
  /** The answer is an HTML page of a proxy, not JSON. */
  z.strictObject({ kind: z.literal('garbage') }),
]);
export type Fault = z.output<typeof faultSchema>;

/** A standing fault: fires for matching requests until its count or its time is used up. */
export const faultRuleSchema = z.strictObject({
  id: z.string().min(1).max(100),
  operation: z.enum([...operations, 'any']).default('any'),
  fault: faultSchema,
  probability: z.number().min(0).max(1).default(1),
  count: z.number().int().min(1).nullable().default(null),
  /** How long it stands, in the cloud's time; without end when null. */
  forSeconds: z.number().positive().nullable().default(null),
  /** Only requests about instances whose name begins with this. */
  namePrefix: z.string().nullable().default(null),
});
export type FaultRule = z.output<typeof faultRuleSchema>;

export type StandingFault = FaultRule & { readonly sinceMs: number; readonly fired: number };

/** The first standing fault that fires for this request. */
export function firingFault(
  standing: readonly StandingFault[],
  request: { readonly operation: Operation; readonly name: string | null; readonly label: string },
  nowMs: number,
  draw: Draw,
): StandingFault | null {
  const fits = (rule: StandingFault): boolean =>
    (rule.operation === 'any' || rule.operation === request.operation) &&
    (rule.count === null || rule.fired < rule.count) &&
    (rule.forSeconds === null || nowMs < rule.sinceMs + rule.forSeconds * 1000) &&
    (rule.namePrefix === null || request.name?.startsWith(rule.namePrefix) === true) &&
    (rule.probability === 1 || draw(`fault:${rule.id}:${request.label}`) < rule.probability);
  return standing.find(fits) ?? null;
}
