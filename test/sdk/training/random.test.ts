import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RandomNumbers } from '@artenic/training';

test('gives the numbers of the published generator', () => {
  // Test vector of xoshiro128** for the state 1, 2, 3, 4.
  const random = RandomNumbers.fromState([1, 2, 3, 4]);
  const numbers = Array.from({ length: 6 }, () => random.uint32());
  expect(numbers).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
});

test('goes on from a saved state with the same numbers', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat({ max: 50 }), (seed, used) => {
      const random = RandomNumbers.fromSeed(seed);
      for (let count = 0; count < used; count++) random.normal();
      const copy = RandomNumbers.fromState(JSON.parse(JSON.stringify(random.state)) as typeof random.state);
      const draw = (from: RandomNumbers) => [from.uint32(), from.uniform(), from.normal(), ...from.permutation(9)];
      expect(draw(copy)).toEqual(draw(random));
    }),
  );
});

test('seeds that differ only above 32 bits give other numbers', () => {
  const firsts = [5, 5 + 2 ** 32, 5 + 2 ** 33, 6].map((seed) => RandomNumbers.fromSeed(seed).uint32());
  expect(new Set(firsts).size).toBe(4);
});

test('normal numbers have mean 0 and variance 1, uniform ones stay in [0, 1)', () => {
  const random = RandomNumbers.fromSeed(42);
  const count = 200_000;
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < count; index++) {
    const value = random.normal();
    sum += value;
    squares += value * value;
    const uniform = random.uniform();
    if (uniform < 0 || uniform >= 1) throw new Error(`out of range: ${uniform}`);
  }
  // Five standard errors.
  expect(Math.abs(sum / count)).toBeLessThan(5 / Math.sqrt(count));
  expect(Math.abs(squares / count - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
});

test('a permutation holds every number once, and every place is equally likely', () => {
  const random = RandomNumbers.fromSeed(8);
  const seen = Array.from({ length: 5 }, () => 0);
  for (let count = 0; count < 10_000; count++) {
    const order = random.permutation(5);
    expect([...order].toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4]);
    const place = order.indexOf(0);
    seen[place] = (seen[place] ?? 0) + 1;
  }
  // chi-squared with 4 degrees of freedom exceeds 23.5 once in 10,000 runs.
  expect(seen.reduce((sum, value) => sum + (value - 2000) ** 2 / 2000, 0)).toBeLessThan(23.5);
});

test.each([-1, 0.5, Number.NaN, 2 ** 53])('the seed %s is refused', (seed) => {
  expect(() => RandomNumbers.fromSeed(seed)).toThrow(/seed is a whole number/);
});
