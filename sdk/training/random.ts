import { TrainingError } from './errors.ts';

/** The whole state of the generator: four unsigned 32-bit integers, not all zero. */
export type RandomState = readonly [number, number, number, number];

/** Seeded random numbers: xoshiro128** 1.1 (Blackman and Vigna, prng.di.unimi.it), seeded by splitmix32. */
export class RandomNumbers {
  #state: Uint32Array;

  private constructor(state: ArrayLike<number>) {
    this.#state = Uint32Array.from(state);
  }

  /** @param seed Integer in [0, 2^53). */
  static fromSeed(seed: number): RandomNumbers {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new TrainingError('invalid-configuration', `A seed is a whole number from 0 to 2^53 - 1, not ${seed}.`);
    }
    // Uses both halves of the seed, so that seeds above 2^32 differ.
    let counter = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) >>> 0;
    const next = () => {
      counter = (counter + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    return new RandomNumbers([next(), next(), next(), next() | 1]);
  }

  static fromState(state: RandomState): RandomNumbers {
    return new RandomNumbers(state);
  }

  get state(): RandomState {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    return [a, b, c, d];
  }

  /** Continues from an earlier state. */
  restore(state: RandomState): void {
    this.#state = Uint32Array.from(state);
  }

  /** Integer in [0, 2^32). */
  uint32(): number {
    const [a, b, c, d] = this.state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const mixedC = c ^ a;
    const mixedD = d ^ b;
    this.#state[0] = a ^ mixedD;
    this.#state[1] = b ^ mixedC;
    this.#state[2] = mixedC ^ (b << 9);
    this.#state[3] = rotateLeft(mixedD, 11);
    return result;
  }

  /** In [0, 1), with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /**
   * Mean 0, variance 1 (Box-Muller; only one value of each pair is used, so that the generator needs no further state).
   */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Integer in [0, bound), without bias. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /** The numbers 0…size - 1 in random order (Fisher-Yates). */
  permutation(size: number): Uint32Array {
    const order = Uint32Array.from({ length: size }, (_, index) => index);
    for (let index = size - 1; index > 0; index--) {
      const other = this.below(index + 1);
      const held = order[index] ?? 0;
      order[index] = order[other] ?? 0;
      order[other] = held;
    }
    return order;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
