import { createHash } from 'node:crypto';
import type { FailoverState } from '../../core/failover/types.ts';

/** What is kept of the state that a decision was made by. */
export type CompactInputs = {
  /** SHA-256 of the whole state as canonical JSON. */
  readonly digest: string;
  /** SHA-256 of each of its parts: one that the decision before had, too, is found there, or before it. */
  readonly parts: Readonly<Record<string, string>>;
  /** Numbers of the ended attempts that it held. */
  readonly attempts: readonly number[];
  /** The parts that are not those of the decision before; of `attempts` only those that it did not hold. */
  readonly changed: Readonly<Record<string, unknown>>;
};

/** Object keys in order, so that equal values are equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Decisions of earlier releases kept the whole state, which says nothing of its parts. */
function isCompact(inputs: unknown): inputs is CompactInputs {
  return typeof inputs === 'object' && inputs !== null && 'digest' in inputs && 'parts' in inputs;
}

/** @param before inputs of the decision before this one, as they were stored; anything else counts as none. */
export function compactInputs(state: FailoverState & { readonly heldAtMs?: number }, before: unknown): CompactInputs {
  const known = isCompact(before) ? before : { parts: {}, attempts: [] };
  const knownParts = new Map(Object.entries(known.parts));
  const texts = Object.entries(state).map(([name, value]) => [name, value, sha256(canonical(value))] as const);
  const fresh = texts.filter(([name, , digest]) => knownParts.get(name) !== digest);
  const knownAttempts = new Set(known.attempts);
  return {
    digest: sha256(canonical(state)),
    parts: Object.fromEntries(texts.map(([name, , digest]) => [name, digest])),
    attempts: state.attempts.map(({ attempt }) => attempt),
    changed: Object.fromEntries(
      fresh.map(([name, value]) => [
        name,
        name === 'attempts' ? state.attempts.filter(({ attempt }) => !knownAttempts.has(attempt)) : value,
      ]),
    ),
  };
}
