import { createHash } from 'node:crypto';
import type { CursorState } from './data.ts';
import { TrainingError } from './errors.ts';
import type { Best, EarlyStoppingState } from './monitor.ts';
import type { RandomState } from './random.ts';
import type { NamedTensor, TrainerSpec, TrainerState } from './trainer.ts';

/** Sums over the rows of the running epoch, so that a resumed epoch reports the same means. */
export type EpochTotals = { readonly rows: number; readonly lossSum: number; readonly correct: number };

/** Complete state of a run: a resumed run gives the same bits as an uninterrupted one. */
export type Checkpoint = {
  readonly spec: TrainerSpec;
  readonly batchSize: number;
  /** SHA-256 of the training rows. */
  readonly dataSha256: string;
  readonly cursor: CursorState;
  readonly totals: EpochTotals;
  /** Metrics of the last whole epoch, empty before the first. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly earlyStopping: EarlyStoppingState;
  /** The best weights so far; null when none are kept. */
  readonly best: Best | null;
  readonly trainer: TrainerState;
};

type TensorShape = { readonly name: string; readonly shape: readonly number[] };

type Header = Omit<Checkpoint, 'trainer' | 'best'> & {
  readonly best: (Omit<Best, 'parameters'> & { readonly parameters: readonly TensorShape[] }) | null;
  readonly step: number;
  readonly random: RandomState;
  readonly tensors: readonly TensorShape[];
};

const magic = new TextEncoder().encode('ARTCKPT2');
const digestBytes = 32;
const prefixBytes = magic.length + 4;

/**
 * One file: `ARTCKPT2`, the header's length (uint32, little-endian), the header as JSON padded with spaces to 4 bytes,
 * the tensors in the header's order, then the tensors of the best weights, as raw little-endian float32, and the
 * SHA-256 of all bytes before it.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { trainer, best, ...rest } = checkpoint;
  const header = {
    ...rest,
    best: best === null ? null : { ...best, parameters: shapesOf(best.parameters) },
    step: trainer.step,
    random: trainer.random,
    tensors: shapesOf(trainer.tensors),
  } satisfies Header;
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  const padded = new Uint8Array(Math.ceil((prefixBytes + text.length) / 4) * 4 - prefixBytes).fill(0x20);
  padded.set(text);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, padded.length, true);
  const tensors = [...trainer.tensors, ...(best?.parameters ?? [])];
  const parts = [magic, length, padded, ...tensors.map(({ values }) => bytesOf(values))];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Buffer.concat([...parts, hash.digest()]);
}

/** @throws TrainingError `checkpoint-corrupt` when one bit is missing or changed */
export function decodeCheckpoint(file: Uint8Array): Checkpoint {
  const body = file.subarray(0, Math.max(file.length - digestBytes, 0));
  if (body.length < prefixBytes || Buffer.compare(body.subarray(0, magic.length), magic) !== 0) {
    throw new TrainingError(
      'checkpoint-corrupt',
      'The file is not a checkpoint of this version, or its first bytes are missing.',
    );
  }
  if (Buffer.compare(createHash('sha256').update(body).digest(), file.subarray(body.length)) !== 0) {
    throw new TrainingError(
      'checkpoint-corrupt',
      'The checkpoint is cut short or changed: its SHA-256 does not match.',
    );
  }
  const headerBytes = new DataView(body.buffer, body.byteOffset).getUint32(magic.length, true);
  const start = prefixBytes + headerBytes;
  // The digest matches, so the header is valid.
  const header = JSON.parse(new TextDecoder().decode(body.subarray(prefixBytes, start))) as Header;
  const { step, random, tensors, best, ...rest } = header;
  const all = readTensors(body, start, [...tensors, ...(best?.parameters ?? [])]);
  return {
    ...rest,
    best: best === null ? null : { ...best, parameters: all.slice(tensors.length) },
    trainer: { step, random, tensors: all.slice(0, tensors.length) },
  };
}

function shapesOf(tensors: readonly TensorShape[]): readonly TensorShape[] {
  return tensors.map(({ name, shape }) => ({ name, shape }));
}

function readTensors(body: Uint8Array, start: number, tensors: Header['tensors']): readonly NamedTensor[] {
  let offset = start;
  return tensors.map(({ name, shape }) => {
    const bytes = 4 * shape.reduce((product, dim) => product * dim, 1);
    // Copied, so that the values are aligned and outlive the file's buffer.
    const values = new Float32Array(new Uint8Array(body.subarray(offset, offset + bytes)).buffer);
    offset += bytes;
    return { name, shape, values };
  });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
