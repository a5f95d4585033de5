import { createHash } from 'node:crypto';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

export type PutOptions = NonNullable<Parameters<ObjectStorage['put']>[2]>;
export type Content = Parameters<ObjectStorage['put']>[1];

/** Counts, hashes and limits content during an upload. `fault` holds the source's error, or a failed check. */
export class CheckedContent {
  bytes = 0;
  sha256 = '';
  fault: { readonly error: unknown } | null = null;
  readonly #content: Content;
  readonly #key: string;
  readonly #options: PutOptions;

  constructor(content: Content, key: string, options: PutOptions) {
    this.#content = content;
    this.#key = key;
    this.#options = options;
  }

  /** The stream ends only after the hash was verified, so an upload with wrong content never completes. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const { sha256: expected, maxBytes = Infinity } = this.#options;
    const hash = createHash('sha256');
    try {
      for await (const chunk of this.#content instanceof Uint8Array ? [this.#content] : this.#content) {
        this.bytes += chunk.byteLength;
        if (this.bytes > maxBytes) {
          throw new ArtenicError('payload-too-large', `${this.#key} is larger than ${maxBytes} bytes.`);
        }
        hash.update(chunk);
        if (chunk.byteLength > 0) yield chunk;
      }
      this.sha256 = hash.digest('hex');
      if (expected !== undefined && expected !== this.sha256) {
        const problem = `The content of ${this.#key} has the hash ${this.sha256}, not ${expected}.`;
        throw new ArtenicError('validation-failed', problem);
      }
    } catch (error) {
      this.fault = { error };
      throw error;
    }
  }
}

const firstBlockBytes = 64 * 1024;

export type Block = { readonly bytes: Uint8Array; readonly isLast: boolean };

/**
 * Joins chunks to blocks of `blockBytes`; only the last is shorter. A block is yielded when the next byte is known, so
 * the last one is marked. Content without bytes is one empty block. A block is valid until the next one is taken: they
 * share their memory.
 */
export async function* blocksOf(chunks: AsyncIterable<Uint8Array>, blockBytes: number): AsyncGenerator<Block> {
  let block: Uint8Array = new Uint8Array(0);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.byteLength;) {
      if (filled === blockBytes) {
        yield { bytes: block, isLast: false };
        filled = 0;
      }
      const part = chunk.subarray(offset, offset + blockBytes - filled);
      block = withRoomFor(block, filled, part.byteLength, blockBytes);
      block.set(part, filled);
      filled += part.byteLength;
      offset += part.byteLength;
    }
  }
  yield { bytes: block.subarray(0, filled), isLast: true };
}

function withRoomFor(block: Uint8Array, filled: number, more: number, mostBytes: number): Uint8Array {
  if (filled + more <= block.byteLength) return block;
  const larger = new Uint8Array(Math.min(mostBytes, Math.max(firstBlockBytes, 2 * block.byteLength, filled + more)));
  larger.set(block.subarray(0, filled));
  return larger;
}
