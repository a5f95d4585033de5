import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jobSpecSchema, type JobState, type JobView } from '@artenic/core';

export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly content?: string;
  /** Breaks the connection before any byte of the answer, or after this many bytes of the body. */
  readonly cut?: 'at-once' | 'in-body';
};
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

export type FakeApi = {
  readonly url: string;
  readonly calls: Call[];
  readonly close: () => Promise<void>;
};

/** A real HTTP server with the test's answers; the API's own tests prove that the API answers in the same way. */
export async function startFakeApi(answer: (call: Call, count: number) => Answer): Promise<FakeApi> {
  const calls: Call[] = [];
  const server = createServer((request, response) => void respond(request, response));

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const { method = '', headers } = request;
    const call = { method, path: pathname, query: searchParams, headers, body: Buffer.concat(parts) };
    calls.push(call);
    const { status = 200, headers: answered = {}, body, content, cut } = answer(call, calls.length);
    if (cut === 'at-once') return void request.socket.destroy();
    const text = content ?? (body === undefined ? '' : JSON.stringify(body));
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...answered,
    });
    if (cut !== 'in-body') return void response.end(method === 'HEAD' ? undefined : text);
    response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function problem(type: string, status: number, detail = 'no'): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { type: `urn:artenic:error:${type}`, title: type, status, detail, correlationId: 'c-1' },
  };
}

export function jobView(state: JobState, changes: Partial<JobView> = {}): JobView {
  return {
    id: '01900000-0000-7000-8000-000000000001',
    name: 'penguins #1',
    service: 'penguins',
    model: 'penguins',
    state,
    message: '',
    spec: jobSpecSchema.parse({ service: 'penguins', command: 'true' }),
    labels: {},
    priority: 0,
    queuePosition: null,
    provider: null,
    market: null,
    trainingSince: null,
    bestMetric: null,
    currentAttempt: 1,
    progress: null,
    ...{ situation: null, signOfLife: null, trainingMs: 0, timeLeftMs: null, usdMicrosPerHour: 0 },
    result: null,
    createdBy: 'admin',
    projectId: 'default',
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    heldAt: null,
    checkpointAskedAt: null,
    cost: { usdMicros: 0, isFinal: false },
    workflowId: 'training-job/1',
    ...changes,
  };
}
