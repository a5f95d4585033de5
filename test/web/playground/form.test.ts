import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import type { ModelSignature } from '@artenic/core';
import fc from 'fast-check';
import { encodeRow } from '../../../serving/tensors/encode.ts';
import {
  emptyValues,
  errorsByInput,
  layoutOf,
  readValues,
  splitList,
  valuesOfInputs,
} from '../../../web/src/features/playground/form-values.ts';
import { sharesOf } from '../../../web/src/features/playground/probabilities.ts';
import { shellWord, snippetOf } from '../../../web/src/features/playground/snippet-text.ts';

const input = (name: string, type: string, shape: (number | string)[]) => ({ name, type, shape });
const signature: ModelSignature = {
  inputs: [
    input('features', 'float32', ['batch', 4]),
    input('image', 'float32', ['batch', 1, 28, 28]),
    input('age', 'int64', ['batch']),
    input('city', 'string', ['batch', 1]),
    input('member', 'bool', []),
    input('tokens', 'int32', ['batch', 'length']),
  ],
  outputs: [],
  labels: ['cat', 'dog'],
};

describe('form', () => {
  test('asks for what the signature names', () => {
    expect(signature.inputs.map(layoutOf)).toEqual([
      { kind: 'cells', count: 4 },
      { kind: 'list', count: 784 },
      { kind: 'cells', count: 1 },
      { kind: 'cells', count: 1 },
      { kind: 'cells', count: 1 },
      { kind: 'list', count: null },
    ]);
  });

  const image = Array.from({ length: 784 }, (_, at) => at / 784);
  const filled = {
    features: ['1', ' 2.5', '-3e-2', '.5'],
    image: [JSON.stringify(image)],
    age: ['9007199254740993'],
    city: ['Łódź'],
    member: ['true'],
    tokens: ['1, 2\n3'],
  };

  test('reads values that the server takes as they are', () => {
    const { inputs, errors } = readValues(signature, filled);
    expect(errors).toEqual({});
    expect(inputs).toEqual({
      features: [1, 2.5, -0.03, 0.5],
      image,
      age: '9007199254740993',
      city: ['Łódź'],
      member: true,
      tokens: [1, 2, 3],
    });
    const age = encodeRow(signature.inputs, inputs).find(({ name }) => name === 'age');
    expect(age?.data).toEqual(BigInt64Array.of(9_007_199_254_740_993n));
  });

  test('says what is wrong with each field', () => {
    const wrong = {
      features: ['1', '', 'x', '4'],
      image: ['1 2 3'],
      age: ['1.5'],
      city: [''],
      member: ['maybe'],
      tokens: ['[1, 2'],
    };
    expect(readValues(signature, wrong)).toEqual({
      inputs: { city: [''] },
      errors: {
        features: 'value 2: is missing',
        image: 'has 3 of 784 values',
        age: '1.5 is not a whole number',
        member: 'maybe is neither true nor false',
        tokens: 'is not a list: write values between commas, or a JSON list',
      },
    });
    expect(readValues({ ...signature, inputs: [input('b', 'uint8', [])] }, { b: ['256'] }).errors).toEqual({
      b: '256 is not between 0 and 255',
    });
    expect(Object.keys(readValues(signature, emptyValues(signature)).errors)).toEqual([
      'features',
      'image',
      'age',
      'tokens',
    ]);
  });

  test('and JSON say the same', () => {
    const { inputs } = readValues(signature, filled);
    expect(readValues(signature, valuesOfInputs(signature, inputs)).inputs).toEqual(inputs);
    expect(valuesOfInputs(signature, null)).toEqual(emptyValues(signature));
  });

  test('what it accepts the server accepts', () => {
    const one = fc.constantFrom(...signature.inputs);
    fc.assert(
      fc.property(
        one,
        fc.array(fc.constantFrom('1', '-1', '2.5', 'x', '', 'true', '1e3', '300', '99999999999'), {
          minLength: 1,
          maxLength: 5,
        }),
        (wanted, texts) => {
          const { inputs } = readValues({ inputs: [wanted], outputs: [], labels: null }, { [wanted.name]: texts });
          if (Object.keys(inputs).length > 0) expect(encodeRow([wanted], inputs)).toHaveLength(1);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('lists are taken as people paste them', () => {
    expect(splitList('float32', ' 1; 2,\t3 ')).toEqual(['1', '2', '3']);
    expect(splitList('int64', '[[1], [12345678901234567890]]')).toEqual(['1', '12345678901234567890']);
    expect(splitList('string', 'a, b\nc')).toEqual(['a, b', 'c']);
    expect(splitList('string', '["a\\nb"]')).toEqual(['a\nb']);
  });

  test('errors of the API find their field', () => {
    expect(
      errorsByInput([
        { pointer: '/inputs/a~1b', message: 'bad' },
        { pointer: '/version', message: 'x' },
      ]),
    ).toEqual({ 'a/b': 'bad' });
  });
});

describe('snippets', () => {
  const request = {
    apiUrl: 'http://127.0.0.1:7000',
    model: 'iris',
    version: 3,
    inputs: { "it's": [1, 2], s: '$(x) `y` "z"' },
  };

  test('a shell hands on exactly what was asked', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(
            text.toWellFormed(),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test('never hold a key, and name the version', () => {
    expect(snippetOf('curl', request)).toContain('"Authorization: Bearer $ARTENIC_API_KEY"');
    expect(snippetOf('curl', request)).toContain(String.raw`"it'\''s":[1,2]`);
    expect(snippetOf('cli', request)).toContain(
      'artenic --url http://127.0.0.1:7000 predict iris \\\n  --version 3 \\\n',
    );
    expect(snippetOf('sdk', request)).toContain('"it\'s": [1, 2],');
    expect(snippetOf('sdk', request)).toContain('client.predict("iris", inputs, { version: 3 });');
    expect(snippetOf('sdk', { ...request, version: null })).toContain('client.predict("iris", inputs);');
  });
});

test('probabilities come with their labels, the highest first', () => {
  const prediction = {
    model: 'm',
    version: 1,
    outputs: { score: 1, probabilities: [0.1, 0.9] },
    label: 'dog',
    latencyMs: 1,
  };
  expect(sharesOf(prediction, signature)).toEqual([
    { label: 'dog', share: 0.9 },
    { label: 'cat', share: 0.1 },
  ]);
  expect(sharesOf({ ...prediction, outputs: { y: [[0.5, 0.5]], z: [2, 3] } }, signature)).toBeNull();
  expect(
    sharesOf({ ...prediction, outputs: { scores: [0.25, 0.75] } }, { ...signature, labels: null })?.[0]?.label,
  ).toBe('class 1');
});
