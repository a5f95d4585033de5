import { createHash } from 'node:crypto';
import { TrainingError } from './errors.ts';
import { RandomNumbers, type RandomState } from './random.ts';

/** Rows to learn from. Both arrays are row-major single precision. */
export type Dataset = {
  readonly rows: number;
  /** [rows, inputs of the network], already scaled. */
  readonly features: Float32Array;
  /** [rows, outputs of the network]: one-hot rows for classes, values for regression. */
  readonly targets: Float32Array;
};

/** One-hot rows [indices.length, classes]. @throws TrainingError `invalid-data` for an index outside [0, classes) */
export function oneHot(indices: ArrayLike<number>, classes: number): Float32Array {
  const rows = new Float32Array(indices.length * classes);
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row] ?? -1;
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      throw new TrainingError('invalid-data', `Row ${row} has class ${index}, not one of 0 to ${classes - 1}.`);
    }
    rows[row * classes + index] = 1;
  }
  return rows;
}

/** @throws TrainingError `invalid-data` when sizes do not fit or a value is not finite */
export function checkDataset(dataset: Dataset, inputs: number, outputs: number): void {
  const { rows, features, targets } = dataset;
  if (!Number.isSafeInteger(rows) || rows < 1) throw new TrainingError('invalid-data', 'There are no rows.');
  for (const [name, values, width] of [
    ['features', features, inputs],
    ['targets', targets, outputs],
  ] as const) {
    if (values.length !== rows * width) {
      throw new TrainingError(
        'invalid-data',
        `${name} has ${values.length} values; ${rows} rows of ${width} need ${rows * width}.`,
      );
    }
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new TrainingError(
        'invalid-data',
        `${name}, row ${Math.floor(bad / width)}, column ${bad % width}: ${values[bad]}.`,
      );
    }
  }
}

/** SHA-256 over the values, so that a checkpoint is never continued on other data. */
export function datasetSha256({ rows, features, targets }: Dataset): string {
  const hash = createHash('sha256').update(`${rows}\n`);
  for (const { buffer, byteOffset, byteLength } of [features, targets]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** Position of a run in its data. */
export type CursorState = {
  readonly epoch: number;
  /** Rows of this epoch already used. */
  readonly position: number;
  /** The generator's state before this epoch's shuffle; it gives the same order again. */
  readonly shuffledFrom: RandomState;
};

/**
 * Walks through all rows once per epoch, each epoch in a new random order. The last batch of an epoch may be smaller.
 */
export class DataCursor {
  readonly #rows: number;
  readonly #random: RandomNumbers;
  #state: CursorState;
  #order: Uint32Array;

  constructor(rows: number, random: RandomNumbers) {
    this.#rows = rows;
    this.#random = random;
    this.#state = { epoch: 0, position: 0, shuffledFrom: random.state };
    this.#order = random.permutation(rows);
  }

  get state(): CursorState {
    return this.#state;
  }

  /** Continues from an earlier position; the caller restores the generator itself. */
  restore(state: CursorState): void {
    this.#state = state;
    this.#order = RandomNumbers.fromState(state.shuffledFrom).permutation(this.#rows);
  }

  /** Row numbers of the next batch. */
  next(batchSize: number): Uint32Array {
    const { epoch, position, shuffledFrom } = this.#state;
    const batch = this.#order.subarray(position, Math.min(position + batchSize, this.#rows));
    this.#state = { epoch, position: position + batch.length, shuffledFrom };
    return batch;
  }

  get epochEnded(): boolean {
    return this.#state.position >= this.#rows;
  }

  startEpoch(): void {
    this.#state = { epoch: this.#state.epoch + 1, position: 0, shuffledFrom: this.#random.state };
    this.#order = this.#random.permutation(this.#rows);
  }
}

/** Copies rows of a row-major array of this width to the start of `into`. */
export function gatherRows(from: Float32Array, width: number, rows: Uint32Array, into: Float32Array): void {
  for (let place = 0; place < rows.length; place++) {
    const start = (rows[place] ?? 0) * width;
    for (let column = 0; column < width; column++) into[place * width + column] = from[start + column] ?? 0;
  }
}
