import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromHalf, toHalf } from '../../serving/tensors/half.ts';
import { readBinary, writeBinary } from '../../serving/oip/binary.ts';
import { readInputs, type InferRequest } from '../../serving/oip/request.ts';
import { joinRows, splitRows, type NamedTensor } from '../../serving/tensors/tensors.ts';

test('half precision: every bit pattern survives, numbers go to the nearest', () => {
  for (let bits = 0; bits < 65_536; bits++) {
    const value = fromHalf(bits);
    if (Number.isNaN(value)) expect(fromHalf(toHalf(value))).toBeNaN();
    else if (toHalf(value) !== bits) throw new Error(`${bits} became ${toHalf(value)}`);
  }
  fc.assert(
    fc.property(fc.double({ min: -70_000, max: 70_000, noNaN: true }), (value) => {
      expect(fromHalf(toHalf(value))).toBe(new Float16Array([value])[0]);
    }),
  );
  // Rounded to single precision first, these values would lie halfway between two halves and round to the wrong one.
  for (const value of [1 + 2 ** -11 + 2 ** -40, 1 + 3 * 2 ** -11 - 2 ** -40, 2 ** -25 + 2 ** -60])
    expect(fromHalf(toHalf(value))).toBe(new Float16Array([value])[0]);
});

const tensor = (name: string, rows: number, width: number, first: number): NamedTensor => ({
  name,
  type: 'float32',
  dims: [rows, width],
  data: Float32Array.from({ length: rows * width }, (_, index) => first + index),
});

test('what is joined comes apart again as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }), (counts) => {
      const requests = counts.map((rows, index) => [tensor('a', rows, 3, index * 100), tensor('b', rows, 1, -index)]);
      const parts = splitRows(joinRows(requests), counts);
      expect(parts?.map((part) => part.map(({ dims, data }) => [dims, [...(data as Float32Array)]]))).toEqual(
        requests.map((part) => part.map(({ dims, data }) => [dims, [...(data as Float32Array)]])),
      );
    }),
  );
  expect(splitRows([tensor('a', 3, 1, 0)], [1, 1])).toBeNull();
});

describe('binary tensors', () => {
  test('text with any characters survives', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 10 }), (texts) => {
        const bytes = writeBinary({ name: 't', type: 'string', dims: [texts.length], data: texts });
        expect(readBinary('t', 'string', texts.length, bytes)).toEqual(texts);
      }),
    );
  });

  test.each([
    ['cut short', 'string', 1, [9, 0, 0, 0, 65]],
    ['cut in the length', 'string', 1, [9, 0]],
    ['too few', 'string', 2, [1, 0, 0, 0, 65]],
    ['not UTF-8', 'string', 1, [1, 0, 0, 0, 255]],
    ['too many bytes', 'float32', 1, [0, 0, 0, 0, 0]],
    ['no boolean', 'bool', 1, [2]],
    ['text with NUL', 'string', 1, [3, 0, 0, 0, 97, 0, 98]],
  ])('%s is refused', (_, type, count, bytes) => {
    expect(() => readBinary('x', type, count, Uint8Array.from(bytes))).toThrow(/^x: /);
  });
});

describe('a request is held against the signature', () => {
  const signature = {
    inputs: [
      { name: 'x', type: 'float32', shape: ['N', 2] },
      { name: 'n', type: 'int64', shape: ['N'] },
    ],
    outputs: [],
    labels: null,
  };
  const x = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] };
  const n = { name: 'n', shape: [2], datatype: 'INT64', data: [1, '9007199254740993'] };
  const deep = (depth: number): unknown => {
    let value: unknown = [1];
    for (let count = 0; count < depth; count++) value = [value];
    return value;
  };
  const read = (inputs: InferRequest['inputs'], binary = new Uint8Array()) => readInputs({ inputs }, binary, signature);

  test('flat and nested, in any order', () => {
    const [first, second] = read([
      n,
      {
        ...x,
        data: [
          [1, 2],
          [3, 4],
        ],
      },
    ]);
    expect(first).toEqual({ name: 'x', type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    expect(second?.data).toEqual(BigInt64Array.of(1n, 9_007_199_254_740_993n));
  });

  test.each<[string, InferRequest['inputs'], RegExp]>([
    ['a missing input', [x], /input n is missing/],
    ['an unknown input', [x, n, { ...x, name: 'y' }], /no input y/],
    ['one input twice', [x, n, x], /twice/],
    ['another datatype', [{ ...x, datatype: 'FP64' }, n], /takes FP32, not FP64/],
    ['an unknown datatype', [{ ...x, datatype: 'BF16' }, n], /BF16 is not known/],
    ['another shape', [{ ...x, shape: [4, 1] }, n], /takes shape \[-1,2\], not \[4,1\]/],
    ['too few values', [{ ...x, data: [1, 2, 3] }, n], /has 4 values, data 3/],
    [
      'too many nested values',
      [
        {
          ...x,
          data: [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        },
        n,
      ],
      /more values|data 6/,
    ],
    ['text for a number', [{ ...x, data: [1, 2, 3, 'three'] }, n], /"three" is not a number/],
    ['a missing whole number', [x, { ...n, data: [1, null] }], /null is not a whole number/],
    ['lists in lists without end', [{ ...x, data: deep(200_000) }, n], /nested deeper than 32/],
    ['no data', [{ ...x, data: undefined }, n], /must be a list/],
    ['null for data', [{ ...x, data: null }, n], /must be a list/],
    ['bytes that are not there', [{ ...x, data: undefined, parameters: { binary_data_size: 16 } }, n], /ends before/],
    ['both', [{ ...x, parameters: { binary_data_size: 0 } }, n], /both/],
  ])('%s is refused', (_, inputs, message) => {
    expect(() => read(inputs)).toThrow(message);
  });

  test('a missing number is null or NaN, a large whole one may come as its digits', () => {
    const [first] = read([{ ...x, data: [null, 'NaN', '-Infinity', '12345678901234567890'] }, n]);
    expect(first?.data).toEqual(Float32Array.of(Number.NaN, Number.NaN, -Infinity, Number('12345678901234567890')));
  });

  test('bytes nobody asked for are refused', () => {
    expect(() => read([x, n], new Uint8Array(3))).toThrow(/3 bytes more/);
  });
});
