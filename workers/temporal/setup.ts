import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { ArtenicError } from '../../core/errors.ts';
import type { TemporalProblem } from '../../store/types.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';

/** How long a namespace that Artenic makes keeps closed workflows; older histories are in the job's `history.json`. */
const defaultRetentionDays = 30;
/** Histories are copied within minutes; a worker may be stopped for a night. */
const leastRetentionSeconds = 24 * 3600;
/** Status codes of gRPC. */
const grpcNotFound = 5;
const grpcAlreadyExists = 6;
/** A login without the right, or a server without the service: PERMISSION_DENIED, UNIMPLEMENTED. */
const refusalCodes = [7, 12] as const;

const { IndexedValueType } = proto.temporal.api.enums.v1;
const indexedTypes = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const;
const typeNames = { KEYWORD: 'Keyword', INT: 'Int' } as const;
type Wanted = { readonly name: string; readonly type: keyof typeof indexedTypes };

function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  return isGrpcServiceError(error) && codes.includes(error.code);
}
const isRefused = (error: unknown): boolean => hasCode(error, ...refusalCodes);

export type Namespace = { readonly namespace: string; readonly retentionDays: number | null };

/** Makes the namespace if it is missing, and sets its retention if a retention is configured. */
async function ensureNamespace(connection: Connection, wanted: Namespace): Promise<readonly TemporalProblem[]> {
  const kept = await retentionSecondsOf(connection, wanted.namespace);
  if (kept === 'missing') {
    await registerNamespace(connection, wanted);
    return [];
  }
  const { namespace, retentionDays } = wanted;
  if (retentionDays === null)
    return kept === 'unknown' || kept >= leastRetentionSeconds ? [] : [tooShort(namespace, kept)];
  if (kept === daysInSeconds(retentionDays)) return [];
  try {
    await connection.workflowService.updateNamespace({ namespace, config: configOf(retentionDays) });
    return [];
  } catch (error) {
    if (hasCode(error, grpcNotFound)) throw missingNamespace(wanted, error);
    if (!isRefused(error)) throw error;
    const known = kept === 'unknown' ? 'unknown' : hoursOf(kept);
    const message = `Temporal refuses to set the retention of namespace ${namespace} to ${retentionDays} days. It is ${known}.`;
    return [{ kind: 'retention', message }];
  }
}

const daysInSeconds = (days: number): number => days * 24 * 3600;
const hoursOf = (seconds: number): string => `${Math.round(seconds / 3600)} hours`;

function configOf(retentionDays: number): proto.temporal.api.namespace.v1.INamespaceConfig {
  // The generated types accept plain objects only through `fromObject`.
  return proto.temporal.api.namespace.v1.NamespaceConfig.fromObject({
    workflowExecutionRetentionTtl: { seconds: daysInSeconds(retentionDays), nanos: 0 },
  });
}

/** Time for which Temporal keeps closed workflows; `unknown` when the login may not read it. */
async function retentionSecondsOf(connection: Connection, namespace: string): Promise<number | 'missing' | 'unknown'> {
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  } catch (error) {
    if (hasCode(error, grpcNotFound)) return 'missing';
    if (isRefused(error)) return 'unknown';
    throw error;
  }
}

async function registerNamespace(connection: Connection, wanted: Namespace): Promise<void> {
  const { workflowExecutionRetentionTtl = null } = configOf(wanted.retentionDays ?? defaultRetentionDays);
  try {
    await connection.workflowService.registerNamespace({
      namespace: wanted.namespace,
      workflowExecutionRetentionPeriod: workflowExecutionRetentionTtl,
    });
  } catch (error) {
    if (isRefused(error)) throw missingNamespace(wanted, error);
    if (!hasCode(error, grpcAlreadyExists)) throw error;
  }
}

function tooShort(namespace: string, seconds: number): TemporalProblem {
  const message = `Temporal keeps closed workflows of namespace ${namespace} for ${hoursOf(seconds)} only: histories of jobs may be lost before they are copied.`;
  return { kind: 'retention', message };
}

function missingNamespace({ namespace, retentionDays }: Namespace, cause: unknown): ArtenicError {
  const days = retentionDays ?? defaultRetentionDays;
  return new ArtenicError(
    'unavailable',
    `Temporal has no namespace ${namespace} and refuses to make it for this login: make it there, with a retention of ${days} days.`,
    { cause },
  );
}

/**
 * Makes a missing namespace and missing search attributes, and waits until a workflow may be started with them: an
 * unknown search attribute would fail the start. The retention of an existing namespace is its operator's and is only
 * changed if `retentionDays` is given. Safe to call by every worker at every start.
 *
 * @returns problems with which workflows still work
 * @throws ArtenicError `unavailable` when something is missing that workflows need; its message says what to make by hand
 */
export async function prepareTemporal(
  connection: Connection,
  { namespace, retentionDays }: Namespace,
  timeoutMs: number,
): Promise<readonly TemporalProblem[]> {
  const problems = await ensureNamespace(connection, { namespace, retentionDays });
  const wanted: readonly Wanted[] = Object.values(searchAttributes);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const known = await knownSearchAttributes(connection, namespace);
    if (known === null)
      return [
        ...problems,
        {
          kind: 'search-attributes',
          message: `Temporal does not show which search attributes namespace ${namespace} has. Jobs start only if it has these: ${listed(wanted)}.`,
        },
      ];
    const missing = wanted.filter(({ name }) => !known.has(name));
    if (missing.length === 0) return problems;
    if (Date.now() > deadline) {
      throw new ArtenicError(
        'unavailable',
        `Temporal does not know the search attributes ${listed(missing)} after ${timeoutMs} ms.`,
      );
    }
    await addSearchAttributes(connection, namespace, missing);
    await sleep(100);
  }
}

const listed = (attributes: readonly Wanted[]): string =>
  attributes.map(({ name, type }) => `${name} (${typeNames[type]})`).join(', ');

async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  missing: readonly Wanted[],
): Promise<void> {
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, indexedTypes[type]])),
    });
  } catch (error) {
    if (isRefused(error))
      throw new ArtenicError(
        'unavailable',
        `Temporal refuses to add search attributes for this login: add to namespace ${namespace} ${listed(missing)}.`,
        { cause: error },
      );
    if (!hasCode(error, grpcAlreadyExists, grpcNotFound)) throw error;
  }
}

/** Null when the login may not list attributes. A server without the operator service returns their names with the namespace. */
async function knownSearchAttributes(connection: Connection, namespace: string): Promise<ReadonlySet<string> | null> {
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(answer.customAttributes ?? {}));
  } catch (error) {
    if (hasCode(error, grpcNotFound)) return new Set();
    if (!isRefused(error)) throw error;
  }
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const names = Object.values(config?.customSearchAttributeAliases ?? {});
    return names.length === 0 ? null : new Set(names);
  } catch (error) {
    if (isRefused(error)) return null;
    throw error;
  }
}
