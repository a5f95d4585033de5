import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { ArtenicError } from '../../core/errors.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';

const retentionDays = 30;
/** How long Temporal keeps the history of a closed workflow; older ones are in the job's `history.json`. */
const retention = { seconds: retentionDays * 24 * 3600, nanos: 0 };
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

/** Returns what the server refused and what that means; null when namespace and retention are as configured. */
async function ensureNamespace(connection: Connection, namespace: string): Promise<string | null> {
  const workflowExecutionRetentionTtl =
    proto.temporal.api.namespace.v1.NamespaceConfig.fromObject({ workflowExecutionRetentionTtl: retention })
      .workflowExecutionRetentionTtl ?? null;
  try {
    await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
    return null;
  } catch (error) {
    if (isRefused(error)) return await refusedRetention(connection, namespace);
    if (!hasCode(error, grpcNotFound)) throw error;
  }
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: workflowExecutionRetentionTtl,
    });
  } catch (error) {
    if (isRefused(error)) throw missingNamespace(namespace, error);
    if (!hasCode(error, grpcAlreadyExists)) throw error;
  }
  return null;
}

function missingNamespace(namespace: string, cause: unknown): ArtenicError {
  return new ArtenicError(
    'unavailable',
    `Temporal has no namespace ${namespace} and refuses to make it for this login: make it there, with a retention of ${retentionDays} days.`,
    { cause },
  );
}

async function refusedRetention(connection: Connection, namespace: string): Promise<string> {
  let kept = 'an unknown time';
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    if (seconds > 0) kept = `${Math.round(seconds / 3600)} hours`;
  } catch (error) {
    if (hasCode(error, grpcNotFound)) throw missingNamespace(namespace, error);
    if (!isRefused(error)) throw error;
  }
  return `Temporal refuses to set the retention of namespace ${namespace}, which is ${kept}; set it to ${retentionDays} days there, if it is shorter.`;
}

/**
 * Makes the namespace, its retention and our search attributes, and waits until a workflow may be started with them:
 * an unknown search attribute would fail the start. Safe to call by every worker at every start.
 *
 * @returns what the server refused without keeping us from working, one sentence each
 * @throws ArtenicError `unavailable` when something is missing that workflows need; its message says what to make by hand
 */
export async function prepareTemporal(
  connection: Connection,
  namespace: string,
  timeoutMs: number,
): Promise<readonly string[]> {
  const refusal = await ensureNamespace(connection, namespace);
  const refusals = refusal === null ? [] : [refusal];
  const wanted: readonly Wanted[] = Object.values(searchAttributes);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const known = await knownSearchAttributes(connection, namespace);
    if (known === null)
      return [
        ...refusals,
        `Temporal does not show which search attributes namespace ${namespace} has; jobs start only if these are there: ${listed(wanted)}.`,
      ];
    const missing = wanted.filter(({ name }) => !known.has(name));
    if (missing.length === 0) return refusals;
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
