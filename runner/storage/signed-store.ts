import { createHash } from 'node:crypto';
import {
  beginUploadAnswerSchema,
  checkpointKeysSchema,
  signAnswerSchema,
  type ObjectRequest,
  type SignedObjectRequest,
} from '@artenic/core';
import { z } from 'zod';
import { Ahead } from '../report/ahead.ts';
import { FencedError, isUnreachable } from '../report/api-client.ts';
import { atOnce } from '../at-once.ts';
import { complain, messageOf } from '../error-text.ts';
import { FirstTime } from './first-time.ts';
import {
  hashFile,
  type Content,
  type RunnerStore,
  type Source,
  type StoreParts,
  type Uploaded,
  type Urgency,
} from './object-store.ts';
import { pause } from '../pause.ts';
import { reading } from './source-error.ts';
import { ChangedError, readSource, type SourceFile } from './source-file.ts';
import { download, SignatureRefusedError, StorageAwayError, upload } from './transfer.ts';

const usualPieceBytes = 256 * 1024 ** 2;
/** Parts of one file that are uploaded at the same time. Each is a stream from the disk, so they need little memory. */
const partsAtOnce = 4;
/** The API usually restarts within seconds; no spare is used during this time. */
const apiGraceMs = 8000;
/** Longest wait for a periodic checkpoint: a later one may replace it. */
const periodicPatienceMs = 60_000;
/** Requests that the API signs in one answer. */
const signedAtOnce = 200;
/** Spares that are reserved for the last checkpoint and the outputs. */
const keptForTheEnd = 12;
const pauseMs = { first: 100, most: 2000 };
/** Limit for a file that changes while it is read. */
const mostReadings = 3;

/** Where a body is sent: with a request for its own key, or with a spare. */
type Target = {
  readonly key: string;
  readonly request: SignedObjectRequest;
  readonly source: 'now' | 'ahead' | 'spare';
};
type Wanted = { readonly key: string; readonly content: Content; readonly urgency: Urgency; readonly mayMove: boolean };

/** Store that works by requests signed by the API. Requests signed ahead work while the API is away. */
export class SignedStore implements RunnerStore {
  readonly #parts: StoreParts;
  readonly #ahead: Ahead;
  /** Time since which the API is unreachable; null while it answers. */
  #awaySinceMs: number | null = null;
  /** Signed requests for objects that are fetched next. */
  readonly #gets = new Map<string, SignedObjectRequest>();
  /** Checkpoints to be removed when the API is reachable again. */
  readonly #toRemove = new Set<number>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#ahead = new Ahead(parts);
  }

  readonly expect = (keys: readonly string[]): void => this.#ahead.want(keys);

  readonly putText = async (key: string, text: string, urgency: Urgency): Promise<void> => {
    const body = new Blob([text]);
    const sha256 = createHash('sha256').update(text).digest('hex');
    // Readers look the text up by its key, so no other key will do.
    await this.#put({ key, content: { bytes: body.size, sha256 }, urgency, mayMove: false }, () => body);
  };

  readonly putFile = async (key: string, path: Source, urgency: Urgency): Promise<Uploaded> => {
    const { onePieceBytes = usualPieceBytes } = this.#parts;
    const onRead = new FirstTime(this.#parts.onMoved);
    for (let tries = 1; ; tries++) {
      try {
        const file = await readSource(path, onRead.restart());
        const { content } = file;
        if (content.bytes > onePieceBytes && (await this.#putParts(key, file))) return { key, ...content };
        const keptAs = await this.#put({ key, content, urgency, mayMove: true }, file.open);
        return { key: keptAs, ...content };
      } catch (error) {
        if (!(error instanceof ChangedError) || tries === mostReadings) throw error;
      }
    }
  };

  readonly expectGets = async (keys: readonly string[]): Promise<void> => {
    this.#gets.clear();
    for (let from = 0; from < keys.length; from += signedAtOnce) {
      const some = keys.slice(from, from + signedAtOnce);
      const body = { requests: some.map((key) => ({ kind: 'get', key })), use: 'now' };
      const { requests } = await this.#askPatiently('/objects/sign', body, signAnswerSchema);
      for (const [index, key] of some.entries()) {
        const request = requests[index];
        if (request !== undefined) this.#gets.set(key, request);
      }
    }
  };

  /** A request in hand is used once: if it fails, it may have expired. */
  async #get(key: string): Promise<SignedObjectRequest> {
    const held = this.#gets.get(key);
    this.#gets.delete(key);
    return held ?? this.#sign({ kind: 'get', key });
  }

  readonly getFile = async (key: string, path: string, sha256: string): Promise<void> => {
    try {
      await download(() => this.#get(key), path, sha256, this.#parts.unwanted);
    } catch (cause) {
      if (cause instanceof FencedError) throw cause;
      throw new Error(`${key} could not be fetched: ${messageOf(cause)}`, { cause });
    }
  };

  readonly checkpointKeys = async (): Promise<readonly string[]> =>
    (await this.#askPatiently('/objects/checkpoints', {}, checkpointKeysSchema)).keys;

  readonly removeCheckpoint = async (sequence: number): Promise<void> => {
    this.#toRemove.add(sequence);
    try {
      for (const one of this.#toRemove) {
        await this.#ask('/objects/checkpoints/remove', { sequence: one }, z.unknown());
        this.#toRemove.delete(one);
      }
    } catch (error) {
      // The checkpoint only takes up space: the next call removes it too.
      if (!isUnreachable(error)) throw error;
    }
  };

  /** Returns the key under which the object is stored. */
  async #put(wanted: Wanted, open: () => Blob | Promise<Blob>): Promise<string> {
    const sinceMs = performance.now();
    const sent = new FirstTime(this.#parts.onMoved);
    let last: Target['source'] | null = null;
    let hasTold = false;
    for (let waitMs = pauseMs.first; ; waitMs = Math.min(waitMs * 2, pauseMs.most)) {
      const waitedMs = performance.now() - sinceMs;
      // A request in hand is fastest; when it has failed, ask the API for a new one.
      const target = await this.#target(wanted, last !== 'ahead');
      if (target !== null && (await this.#send(target, await open(), sent))) return target.key;
      last = target?.source ?? null;
      if (wanted.urgency === 'periodic' && waitedMs > periodicPatienceMs)
        throw new StorageAwayError('neither the API nor the storage has taken it');
      if (waitMs === pauseMs.most && !hasTold)
        this.#parts.onWaiting?.(`the storage does not take ${wanted.key}: waiting`);
      hasTold ||= waitMs === pauseMs.most;
      await pause(waitMs, this.#parts.unwanted);
      if (this.#parts.unwanted.aborted) throw new FencedError('the attempt needs no more files');
    }
  }

  /** Null when no request is available at the moment. */
  async #target({ key, content, urgency, mayMove }: Wanted, isAheadFirst: boolean): Promise<Target | null> {
    const held = this.#ahead.get(key);
    const ahead = held === null ? null : ({ key, request: held, source: 'ahead' } as const);
    if (ahead !== null && isAheadFirst) return ahead;
    try {
      const request = await this.#sign({ kind: 'put', key, content }, 'once');
      return { key, request, source: 'now' };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    if (ahead !== null) return ahead;
    const awayMs = this.#awaySinceMs === null ? 0 : performance.now() - this.#awaySinceMs;
    if (!mayMove || awayMs < apiGraceMs) return null;
    const spare = this.#ahead.takeSpare(urgency === 'last' ? 0 : keptForTheEnd);
    return spare === null ? null : { ...spare, source: 'spare' };
  }

  /** False when another try may help. */
  async #send({ key, request, source }: Target, body: Blob, sent: FirstTime): Promise<boolean> {
    try {
      await upload(request, body, this.#parts.unwanted, sent.upTo);
      if (source === 'ahead') this.#ahead.drop(key);
      return true;
    } catch (error) {
      if (error instanceof SignatureRefusedError) {
        complain(`storing ${key}`, error);
        if (source === 'ahead') this.#ahead.drop(key);
      } else if (error instanceof StorageAwayError) {
        if (source === 'spare') this.#ahead.giveBack({ key, request });
      } else {
        throw error;
      }
      return false;
    }
  }

  /**
   * False when the storage wants the file whole, or the API is unreachable: the file may still be sent in one request.
   */
  async #putParts(key: string, file: SourceFile): Promise<boolean> {
    const { bytes } = file.content;
    let begun: z.output<typeof beginUploadAnswerSchema>;
    try {
      begun = await this.#ask('/objects/uploads', { key, bytes }, beginUploadAnswerSchema);
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
    if (begun.upload === null) return false;
    const { uploadId, partBytes } = begun.upload;
    try {
      const starts = Array.from({ length: Math.ceil(bytes / partBytes) }, (_, index) => index * partBytes);
      const parts = await atOnce(partsAtOnce, starts, this.#parts.unwanted, (start, index, unwanted) =>
        this.#putPart({ key, uploadId, partNumber: index + 1 }, file, { start, end: start + partBytes, unwanted }),
      );
      await file.open();
      await this.#askPatiently('/objects/uploads/complete', { key, uploadId, parts }, z.unknown());
      return true;
    } catch (error) {
      // The bucket's lifecycle rule removes the parts if this fails.
      await this.#ask('/objects/uploads/abort', { key, uploadId }, z.unknown()).catch((reason: unknown) =>
        complain('aborting an upload', reason),
      );
      throw error;
    }
  }

  async #putPart(
    part: { readonly key: string; readonly uploadId: string; readonly partNumber: number },
    file: SourceFile,
    { start, end, unwanted }: { readonly start: number; readonly end: number; readonly unwanted: AbortSignal },
  ): Promise<{ readonly etag: string; readonly sha256: string }> {
    const content = await reading(() => hashFile(file.path, { start, end }));
    const sent = new FirstTime(this.#parts.onMoved);
    for (let tries = 1, waitMs = pauseMs.first; ; tries++, waitMs = Math.min(waitMs * 2, pauseMs.most)) {
      const request = await this.#sign({ kind: 'part', ...part, content });
      try {
        const body = (await file.open()).slice(start, start + content.bytes);
        const etag = await upload(request, body, unwanted, sent.upTo);
        return { etag, sha256: content.sha256 };
      } catch (error) {
        const mayPass = error instanceof StorageAwayError || error instanceof SignatureRefusedError;
        if (!mayPass || tries === 20 || unwanted.aborted) throw error;
      }
      await pause(waitMs, unwanted);
    }
  }

  async #sign(request: ObjectRequest, patience: 'once' | 'endless' = 'endless'): Promise<SignedObjectRequest> {
    const body = { requests: [request], use: 'now' };
    const ask = patience === 'once' ? this.#ask : this.#askPatiently;
    const [signed] = (await ask('/objects/sign', body, signAnswerSchema)).requests;
    if (signed === undefined) throw new Error('the API has signed nothing');
    return signed;
  }

  readonly #ask = <T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>> =>
    this.#heed(this.#parts.api.post(path, body, answer));

  readonly #askPatiently = <T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>> =>
    this.#heed(this.#parts.api.postUntilAnswered(path, body, answer, { signal: this.#parts.unwanted }));

  async #heed<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked;
      this.#awaySinceMs = null;
      return answer;
    } catch (error) {
      if (isUnreachable(error)) this.#awaySinceMs ??= performance.now();
      if (error instanceof FencedError) this.#parts.onFenced();
      throw error;
    }
  }
}
