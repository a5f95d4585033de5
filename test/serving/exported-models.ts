import { encode, node, types, valueInfo } from './models.ts';

const encoder = new TextEncoder();

/** Encodes text as one of two categories; other text is an error, which is the default of scikit-learn's encoder. */
export function oneHotModel(): Uint8Array {
  const categories = ['Lima', 'Oslo'].map((city) => encoder.encode(city));
  return encode({
    inputs: [valueInfo('city', types.string, ['rows', 1])],
    outputs: [valueInfo('hot', types.float, ['rows', 1, 2])],
    nodes: [
      {
        ...node(
          'OneHotEncoder',
          ['city'],
          ['hot'],
          [
            { name: 'cats_strings', type: 8, strings: categories },
            { name: 'zeros', type: 2, i: 0 },
          ],
        ),
        domain: 'ai.onnx.ml',
      },
    ],
    domains: ['ai.onnx.ml'],
  });
}

/** A step with a cache: the mask is as long as past and new values together. */
export function cacheModel(): Uint8Array {
  return encode({
    inputs: [
      valueInfo('past', types.float, ['rows', 'past']),
      valueInfo('now', types.float, ['rows', 'now']),
      valueInfo('mask', types.float, ['rows', 'past + now']),
    ],
    outputs: [valueInfo('present', types.float, ['rows', 'past + now'])],
    nodes: [
      node('Concat', ['past', 'now'], ['all'], [{ name: 'axis', type: 2, i: 1 }]),
      node('Shape', ['all'], ['length']),
      node('Reshape', ['mask', 'length'], ['fitted']),
      node('Mul', ['all', 'fitted'], ['present']),
    ],
  });
}

/** Input and output declare no shape. */
export function shapelessModel(): Uint8Array {
  return encode({
    inputs: [valueInfo('x', types.float, null)],
    outputs: [valueInfo('y', types.float, null)],
    nodes: [node('Relu', ['x'], ['y'])],
  });
}

/** A scalar: its shape is declared and empty. */
export function scalarModel(): Uint8Array {
  return encode({
    inputs: [valueInfo('x', types.float, [])],
    outputs: [valueInfo('y', types.float, [])],
    nodes: [node('Relu', ['x'], ['y'])],
  });
}

/** Doubles the input, in half precision. */
export function halfModel(): Uint8Array {
  return encode({
    inputs: [valueInfo('x', types.half, ['rows', 4])],
    outputs: [valueInfo('y', types.half, ['rows', 4])],
    nodes: [node('Add', ['x', 'x'], ['y'])],
  });
}

/** Returns as many zeros as the input says. */
export function zerosModel(): Uint8Array {
  return encode({
    inputs: [valueInfo('size', types.int64, [1])],
    outputs: [valueInfo('zeros', types.float, ['size'])],
    nodes: [node('ConstantOfShape', ['size'], ['zeros'])],
  });
}

/** Whole numbers minus the sum of all rows: a row's answer depends on the other rows. */
export function sumOfRowsModel(): Uint8Array {
  return encode({
    inputs: [valueInfo('x', types.int64, ['rows', 1])],
    outputs: [valueInfo('y', types.int64, ['rows', 1])],
    nodes: [node('ReduceSum', ['x'], ['sum']), node('Sub', ['x', 'sum'], ['y'])],
  });
}

/** A model whose labels or input have the given text. */
export function namedModel(input: string, labels: string): Uint8Array {
  return encode({
    inputs: [valueInfo(input, types.float, ['rows', 2])],
    outputs: [valueInfo('probabilities', types.float, ['rows', 2])],
    nodes: [node('Softmax', [input], ['probabilities'])],
    metadata: { 'artenic.labels': labels },
  });
}
