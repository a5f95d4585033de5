import { describe, expect, test } from '@jest/globals';
import { jobNameSchema } from '@artenic/core';
import fc from 'fast-check';
import { longestJobName, nameOfDifferences, numberedName, titleOf } from '../../../core/jobs/name.ts';

const config = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 12 });

describe('a default name', () => {
  test.each<readonly [object, object, string]>([
    [{ seed: 9, epochs: 150 }, { seed: 8, epochs: 100 }, 'seed=9 epochs=150'],
    [{ seed: 9, epochs: 150 }, { seed: 8, epochs: 150 }, 'seed=9'],
    [
      { epochs: 3, optimizer: { name: 'adam', lr: 0.1 } },
      { epochs: 3, optimizer: { name: 'adam', lr: 1 } },
      'optimizer.lr=0.1',
    ],
    [{ layers: [64, 32] }, { layers: [64] }, 'layers=[64,32]'],
    [{ epochs: 3 }, { epochs: 3, dropout: 0.5 }, 'no dropout'],
    [{ note: 'one\n two\u0007' }, {}, 'note=one two'],
    [{ path: 'a'.repeat(40) }, {}, `path=${'a'.repeat(23)}…`],
    [{}, {}, ''],
  ])('%j after %j is %j', (now, before, name) => {
    expect(nameOfDifferences(now as Record<string, unknown>, before as Record<string, unknown>)).toBe(name);
  });

  test('counts the differences that do not fit', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`parameter${index}`, index]));
    expect(nameOfDifferences(many, {})).toBe('parameter0=0 parameter1=1 parameter2=2 parameter3=3 +16');
  });

  test('is a valid name, and empty exactly when nothing differs', () => {
    fc.assert(
      fc.property(config, config, (now, before) => {
        const name = nameOfDifferences(now, before);
        expect(name.length).toBeLessThanOrEqual(longestJobName);
        if (name !== '') expect(jobNameSchema.safeParse(name).success).toBe(true);
        expect(nameOfDifferences(now, now)).toBe('');
        expect(nameOfDifferences(now, before)).toBe(name);
      }),
    );
  });

  test('names each value that has changed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 4 }), (keys) => {
        const now = Object.fromEntries(keys.map((key) => [key, 1]));
        const before = Object.fromEntries(keys.map((key) => [key, 0]));
        expect(nameOfDifferences(now, before)).toBe(keys.map((key) => `${key}=1`).join(' '));
      }),
    );
  });
});

test('a service and a number', () => {
  expect(numberedName('penguins', 4)).toBe('penguins #4');
});

test('a title stays within what Temporal takes', () => {
  expect(titleOf('penguins', 'seed=9')).toBe('penguins: seed=9');
  expect(titleOf('penguins', 'penguins #4')).toBe('penguins #4');
  expect(titleOf('penguins/species', 'penguins #4')).toBe('penguins/species #4');
  const longest = titleOf('p'.repeat(63), '中'.repeat(120));
  expect(Buffer.byteLength(longest)).toBeLessThan(400 - ': attempts until the job is done'.length);
});
