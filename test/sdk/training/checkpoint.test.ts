import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTrainer, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '@artenic/training';

let checkpoint: Checkpoint;
let file: Uint8Array;

beforeAll(async () => {
  const trainer = await createTrainer({
    network: { inputs: 2, layers: [{ kind: 'dense', units: 3 }, { kind: 'relu' }, { kind: 'dense', units: 2 }] },
    loss: 'mean-squared-error',
    optimizer: { kind: 'adamw', learningRate: 0.01 },
    seed: 11,
  });
  await trainer.step({ rows: 1, features: Float32Array.of(1, 2), targets: Float32Array.of(3, 4) });
  checkpoint = {
    spec: trainer.spec,
    batchSize: 4,
    dataSha256: 'ab'.repeat(32),
    cursor: { epoch: 3, position: 5, shuffledFrom: [1, 2, 3, 4_294_967_295] },
    totals: { rows: 5, lossSum: 0.1 + 0.2, correct: 2 },
    metrics: { loss: 1 / 3, 'name with ü': 5e-324 },
    earlyStopping: { best: 0.1, waited: 2, stopped: null },
    best: { value: 0.1, step: 1, epoch: 1, parameters: trainer.parameters() },
    trainer: trainer.snapshot(),
  };
  await trainer.dispose();
  file = encodeCheckpoint(checkpoint);
});

describe('a checkpoint file', () => {
  test('gives back exactly what was written', () => {
    expect(decodeCheckpoint(file)).toEqual(checkpoint);
  });

  test('is the same file when it is written again', () => {
    expect(Buffer.compare(encodeCheckpoint(decodeCheckpoint(file)), file)).toBe(0);
  });

  test('is refused at any length but its own', () => {
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), (length) => {
        expect(() => decodeCheckpoint(file.subarray(0, length))).toThrow(
          expect.objectContaining({ code: 'checkpoint-corrupt' }),
        );
      }),
      { examples: [[0], [7], [8], [12], [40], [file.length - 1]] },
    );
    expect(() => decodeCheckpoint(Buffer.concat([file, Buffer.of(0)]))).toThrow(/SHA-256/);
  });

  test('is refused with any one bit changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: file.length * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(file);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => decodeCheckpoint(changed)).toThrow(expect.objectContaining({ code: 'checkpoint-corrupt' }));
      }),
      { numRuns: 300 },
    );
  });

  test('can start at any byte of a larger buffer', () => {
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(decodeCheckpoint(shifted.subarray(3))).toEqual(checkpoint);
  });
});
