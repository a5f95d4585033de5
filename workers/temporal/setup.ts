import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { ArtenicError } from '../../core/errors.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';

/** How long Temporal keeps the history of a closed workflow; older ones are in the job's `history.json`. */
const retention = { seconds: 30 * 24 * 3600, nanos: 0 };
/** Status codes of gRPC. */
const grpcNotFound = 5;
const grpcAlreadyExists = 6;

const { IndexedValueType } = proto.temporal.api.enums.v1;
const indexedTypes = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const;

function hasCode(error: unknown, code: number): boolean {
  return isGrpcServiceError(error) && (error.code as number) === code;
}

async function ensureNamespace(connection: Connection, namespace: string): Promise<void> {
  const workflowExecutionRetentionTtl =
    proto.temporal.api.namespace.v1.NamespaceConfig.fromObject({ workflowExecutionRetentionTtl: retention })
      .workflowExecutionRetentionTtl ?? null;
  try {
    await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
  } catch (error) {
    if (!hasCode(error, grpcNotFound)) throw error;
    try {
      await connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: workflowExecutionRetentionTtl,
      });
    } catch (registerError) {
      if (!hasCode(registerError, grpcAlreadyExists)) throw registerError;
    }
  }
}

/**
 * Creates the namespace, its retention and the search attributes, and waits until a workflow can be started with them:
 * an unknown search attribute would fail the start. Every worker may call this at every start.
 */
export async function prepareTemporal(connection: Connection, namespace: string, timeoutMs: number): Promise<void> {
  await ensureNamespace(connection, namespace);
  const wanted = Object.values(searchAttributes).map((key) => [key.name, indexedTypes[key.type]] as const);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const known = await listSearchAttributes(connection, namespace);
    const missing = wanted.filter(([name]) => !known.has(name));
    if (missing.length === 0) return;
    if (Date.now() > deadline) {
      throw new ArtenicError(
        'unavailable',
        `Temporal does not know the search attributes ${missing.map(([name]) => name).join(', ')} after ${timeoutMs} ms.`,
      );
    }
    try {
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing),
      });
    } catch (error) {
      if (!hasCode(error, grpcAlreadyExists) && !hasCode(error, grpcNotFound)) throw error;
    }
    await sleep(100);
  }
}

async function listSearchAttributes(connection: Connection, namespace: string): Promise<ReadonlySet<string>> {
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(answer.customAttributes ?? {}));
  } catch (error) {
    if (hasCode(error, grpcNotFound)) return new Set();
    throw error;
  }
}
