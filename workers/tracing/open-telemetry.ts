import {
  context,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry-v2';
import { steadyPaths } from '../../api/http/steady-paths.ts';
import type { Tracing } from './tracing.ts';

/**
 * Whether the span is of an activity attempt that threw `not-ready`, which Temporal marks as benign: a waiting job
 * throws it every second for days.
 */
function hasOnlyWaited({ status, events }: ReadableSpan): boolean {
  return status.code === SpanStatusCode.UNSET && events.some(({ name }) => name === 'exception');
}

function withoutWaits(processor: SpanProcessor): SpanProcessor {
  return {
    onStart: (span, parent) => processor.onStart(span, parent),
    onEnd: (span) => {
      if (!hasOnlyWaited(span)) processor.onEnd(span);
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

function traceRequestBy(tracer: Tracer): Tracing['traceRequest'] {
  return (request, response, routeOf, next) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (steadyPaths.has(path ?? '')) return next();
    const parent = propagation.extract(context.active(), request.headers);
    const method = request.method ?? 'GET';
    // The span holds neither path nor query, because both may hold credentials.
    const span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
      parent,
    );
    response.once('close', () => {
      const [route, status] = [routeOf(), response.statusCode];
      span.updateName(`${method} ${route}`);
      span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), next);
  };
}

function traceparent(): string | null {
  const spanContext = trace.getSpanContext(context.active());
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return null;
  if ((spanContext.traceFlags & TraceFlags.SAMPLED) === 0) return null;
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier, defaultTextMapSetter);
  return carrier['traceparent'] ?? null;
}

/**
 * Starts tracing. OpenTelemetry's SDK itself reads its standard variables for endpoint, headers, sampler and batches.
 */
export function startTracing(service: string): Tracing {
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes({ 'service.name': service }));
  const processor = withoutWaits(new BatchSpanProcessor(new OTLPTraceExporter()));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  // This also installs the W3C propagator and the context manager for asynchronous calls.
  provider.register();
  return {
    client: [new OpenTelemetryWorkflowClientInterceptor()],
    activities: [
      (activity) => ({
        inbound: new OpenTelemetryActivityInboundInterceptor(activity),
        outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
      }),
    ],
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
    traceRequest: traceRequestBy(provider.getTracer('artenic')),
    traceparent,
    close: () => provider.shutdown(),
  };
}
