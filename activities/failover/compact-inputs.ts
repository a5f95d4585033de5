import { createHash } from 'node:crypto';
import type { FailoverState } from '../../core/failover/types.ts';

/** Stored form of the state that a decision was based on. */
export type CompactInputs = {
  /** SHA-256 of the whole state as canonical JSON. */
  readonly digest: string;
  /** SHA-256 of each part; a part that equals that of the previous decision is stored there, or further back. */
  readonly parts: Readonly<Record<string, string>>;
  /** Numbers of the ended attempts in the state. */
  readonly attempts: readonly number[];
  /** The parts that differ from those of the previous decision; of `attempts` only the new ones. */
  readonly changed: Readonly<Record<string, unknown>>;
};

/** JSON with sorted object keys, so that equal values give equal texts. */
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

/** Decisions of earlier releases stored the whole state, without hashes of its parts. */
function isCompact(inputs: unknown): inputs is CompactInputs {
  return typeof inputs === 'object' && inputs !== null && 'digest' in inputs && 'parts' in inputs;
}

/** @param before stored inputs of the previous decision; any other value counts as none */
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
