import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  bootstrapRequestSchema,
  checkpointManifestSchema,
  dataPageRequestSchema,
  heartbeatRequestSchema,
  helloRequestSchema,
  helloResponseSchema,
  logStreams,
  removeCheckpointSchema,
  runnerEventSchema,
  signRequestSchema,
  type CheckpointManifest,
  type DataPage,
  type HeartbeatResponse,
  type HelloResponse,
  type ObjectRequest,
  type Problem,
  type RunnerEvent,
} from '@artenic/core';
import type { ObjectSigning, ObjectStorage, SignedRequest } from '../../core/object-storage.ts';

const token = 'bootstrap-token-of-at-least-32-bytes';

export type Stream = 'logs/setup' | 'logs/training' | 'metrics' | 'system';
type Answer = { readonly status: number; readonly body: object };

export function problem(status: number, type: string, detail: string, more: Partial<Problem> = {}): Answer {
  return { status, body: { type, title: type, status, detail, correlationId: 'test', ...more } };
}

/** The API's side of the runner contract, written from the contract alone. It records everything that it receives. */
export class FakeApi {
  readonly bootstrapToken = token;
  /** Content of each stream, in order of arrival. */
  readonly streams: Readonly<Record<Stream, Buffer[]>> = {
    ...{ 'logs/setup': [], 'logs/training': [], metrics: [], system: [] },
  };
  readonly events: RunnerEvent[] = [];
  readonly eventIds: string[] = [];
  readonly checkpoints: CheckpointManifest[] = [];
  readonly progress: (number | null)[] = [];
  /** `movedBytes` of each heartbeat after the command's end. */
  readonly movedBytes: number[] = [];
  readonly calls: string[] = [];
  /** Violations of the contract; must stay empty. */
  readonly violations: string[] = [];
  stop: { readonly reason: string } | null = null;
  /** Sent with `stop` in every answer to a heartbeat; empty like an API that knows no signals. */
  wishes: Partial<Pick<HeartbeatResponse, 'checkpoint' | 'notice'>> = {};
  fencedPaths: readonly string[] = [];
  /** Called before each answer. If true, the request takes effect, but the connection is cut instead of an answer. */
  losesAnswer: (path: string) => boolean = () => false;
  refuseHello: Answer | null = null;
  /** Storage behind signed requests; null: runners use a folder. */
  objects: (ObjectStorage & ObjectSigning) | null = null;
  /** Keys for which requests were signed in advance. */
  readonly ahead: string[] = [];
  /** Files of dataset versions, by index in the job's data; a page has two of them. */
  data: ReadonlyMap<number, readonly DataPage['files'][number][]> = new Map();
  /** Sequences of checkpoints that the runner asked to remove. */
  readonly removed: number[] = [];
  /** Answer to a machine that knows only its bootstrap token. */
  bootstrap: object | null = null;
  /** Paths answered with "later" and without effect; `*` matches all paths. */
  busyPaths: readonly string[] = [];
  #attemptToken: string | null = null;
  #server: Server | null = null;
  #port = 0;
  readonly #hello: HelloResponse;

  constructor(hello: HelloResponse) {
    this.#hello = helloResponseSchema.parse(hello);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  /** Starts on the same address, or on a new one. */
  async up(isElsewhere = false): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response));
    server.listen(isElsewhere ? 0 : this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
  async down(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  bytes(stream: Stream): Buffer {
    return Buffer.concat(this.streams[stream]);
  }
  text(stream: Stream): string {
    return this.bytes(stream).toString();
  }
  phases(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // `down` cut the connection.
    }
    const url = new URL(request.url ?? '', this.url);
    const path = url.pathname.replace('/api/v1/runner/', '');
    this.calls.push(path);
    const isFromRunner =
      path === 'hello' || path === 'bootstrap' || request.headers.authorization === `Bearer ${this.#attemptToken}`;
    let answer: Answer;
    try {
      answer = isFromRunner
        ? await this.#answer(path, url.searchParams, Buffer.concat(chunks))
        : problem(401, 'unauthorized', 'unknown token');
    } catch (error) {
      this.violations.push(`${path}: ${String(error)}`);
      answer = problem(422, 'validation-failed', String(error));
    }
    if (this.losesAnswer(path)) {
      response.destroy();
    } else {
      response.writeHead(answer.status, {
        'content-type': answer.status < 400 ? 'application/json' : 'application/problem+json',
      });
      response.end(JSON.stringify(answer.body));
    }
  }

  async #answer(path: string, query: URLSearchParams, body: Buffer): Promise<Answer> {
    if (isAmong(this.busyPaths, path)) return problem(503, 'not-ready', 'later');
    const json = (): unknown => JSON.parse(body.toString());
    if (isAmong(this.fencedPaths, path)) return problem(409, 'fenced', 'a newer attempt has taken over');
    switch (path) {
      case 'hello': {
        const hello = helloRequestSchema.parse(json());
        if (this.refuseHello !== null) return this.refuseHello;
        if (hello.bootstrapToken !== token) return problem(401, 'unauthorized', 'wrong bootstrap token');
        if (this.#attemptToken !== null && this.#attemptToken !== hello.attemptToken)
          return problem(409, 'fenced', 'another runner was here first');
        this.#attemptToken = hello.attemptToken;
        return { status: 200, body: this.#hello };
      }
      case 'logs': {
        const stream = logStreams.find((name) => name === query.get('stream'));
        if (stream === undefined) throw new Error(`no stream ${query.get('stream')}`);
        return this.#append(`logs/${stream}`, Number(query.get('offset')), body);
      }
      case 'metrics':
        return this.#append('metrics', Number(query.get('offset')), body);
      case 'system':
        return this.#append('system', Number(query.get('offset')), body);
      case 'checkpoints':
        this.#takeCheckpoint(checkpointManifestSchema.parse(json()));
        return { status: 200, body: {} };
      case 'events': {
        const event = runnerEventSchema.parse(json());
        if (!this.eventIds.includes(event.id)) this.events.push(event);
        this.eventIds.push(event.id);
        return { status: 200, body: {} };
      }
      case 'heartbeat': {
        const { progress, delivery } = heartbeatRequestSchema.parse(json());
        this.progress.push(progress);
        if (delivery !== undefined) this.movedBytes.push(delivery.movedBytes);
        return { status: 200, body: { stop: this.stop, ...this.wishes } };
      }
      case 'data': {
        const { position, after } = dataPageRequestSchema.parse(json());
        return { status: 200, body: pageOf(this.data.get(position) ?? [], after) };
      }
      case 'bootstrap':
        if (bootstrapRequestSchema.parse(json()).bootstrapToken !== token || this.bootstrap === null)
          return problem(401, 'unauthorized', 'wrong bootstrap token');
        return { status: 200, body: this.bootstrap };
      default:
        if (this.objects === null) throw new Error('no such path');
        return this.#answerForObjects(this.objects, path, json());
    }
  }

  async #answerForObjects(objects: ObjectStorage & ObjectSigning, path: string, body: unknown): Promise<Answer> {
    switch (path) {
      case 'objects/sign': {
        const { requests, use } = signRequestSchema.parse(body);
        if (use === 'ahead') this.ahead.push(...requests.map(({ key }) => key));
        const signed = await Promise.all(requests.map((request) => signWith(objects, request)));
        return { status: 200, body: { requests: signed } };
      }
      case 'objects/uploads':
        return { status: 200, body: { upload: null } };
      case 'objects/checkpoints': {
        const [job] = this.ahead;
        return {
          status: 200,
          body: { keys: await objects.list(`${job?.split('/').slice(0, 2).join('/')}/checkpoints/`) },
        };
      }
      case 'objects/checkpoints/remove': {
        const { sequence } = removeCheckpointSchema.parse(body);
        this.removed.push(sequence);
        return { status: 200, body: {} };
      }
      default:
        throw new Error('no such path');
    }
  }

  /** A manifest may arrive twice when an answer was late; it is stored once, as in the real API. */
  #takeCheckpoint(manifest: CheckpointManifest): void {
    const isKnown = this.checkpoints.some(
      ({ attempt, sequence }) => attempt === manifest.attempt && sequence === manifest.sequence,
    );
    if (!isKnown) this.checkpoints.push(manifest);
  }

  #append(stream: Stream, offset: number, bytes: Buffer): Answer {
    const have = this.streams[stream].reduce((sum, piece) => sum + piece.length, 0);
    if (bytes.length === 0 || bytes.length > 1 << 20) throw new Error(`a piece of ${bytes.length} bytes`);
    if (offset !== have) return problem(409, 'offset-mismatch', 'elsewhere', { expectedOffset: have });
    this.streams[stream].push(bytes);
    return { status: 200, body: { nextOffset: have + bytes.length } };
  }
}

function pageOf(files: readonly DataPage['files'][number][], after: string | null): DataPage {
  const rest = files.slice(files.findIndex(({ path }) => path === after) + 1);
  const page = rest.slice(0, 2);
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  const next = page.length < rest.length ? (page.at(-1)?.path ?? null) : null;
  return { files: page, next, total: { files: files.length, bytes } };
}

function isAmong(paths: readonly string[], path: string): boolean {
  return paths.includes(path) || paths.includes('*');
}

function signWith(objects: ObjectSigning, request: ObjectRequest): Promise<SignedRequest> {
  if (request.kind === 'part') throw new Error('it was told that there are no parts');
  const life = { expiresInSeconds: 3600 };
  if (request.kind === 'get') return objects.signGet(request.key, life);
  return objects.signPut(request.key, {
    ...life,
    ...(request.content === undefined ? {} : { content: request.content }),
  });
}
