import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker';

/** Interceptors and hooks through which a process takes part in traces. */
export type Tracing = {
  readonly client: readonly WorkflowClientInterceptor[];
  readonly activities: readonly ActivityInterceptorsFactory[];
  readonly sinks: NonNullable<WorkerOptions['sinks']>;
  /** Runs `next` in the span of a request; `routeOf` is called when the answer is complete. */
  readonly traceRequest: (
    request: IncomingMessage,
    response: ServerResponse,
    routeOf: () => string,
    next: () => void,
  ) => void;
  /** The current span as a W3C `traceparent`; null outside a span and in a trace that is not sampled. */
  readonly traceparent: () => string | null;
  /** Sends the remaining spans. */
  readonly close: () => Promise<void>;
};

type Environment = Readonly<Record<string, string | undefined>>;

function isWanted(environment: Environment): boolean {
  const has = (name: string): boolean => (environment[name] ?? '') !== '';
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none')
    return false;
  return has('OTEL_EXPORTER_OTLP_ENDPOINT') || has('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
}

/**
 * Starts tracing if the standard OpenTelemetry variables name an OTLP endpoint. Otherwise returns null and does not
 * load OpenTelemetry's SDK.
 */
export async function openTracing(service: string, environment: Environment): Promise<Tracing | null> {
  if (!isWanted(environment)) return null;
  const { startTracing } = await import('./open-telemetry.ts');
  return startTracing(environment['OTEL_SERVICE_NAME'] ?? service);
}
