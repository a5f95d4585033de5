import { expect, test } from '@jest/globals';
import { decodeModel, modelInitializers, modelLabels, usesExternalData } from '@artenic/training';
import { encodeModel } from '../../../sdk/training/onnx/model.ts';
import { dataTypes, type GraphProto, type TensorProto } from '../../../sdk/training/onnx/schema.ts';

const empty: GraphProto = { node: [], initializer: [], input: [], output: [] };

function modelWith(graph: Partial<GraphProto>, metadataProps: { key: string; value: string }[] = []): Uint8Array {
  return encodeModel({ irVersion: 8, opsetImport: [{ version: 17 }], graph: { ...empty, ...graph }, metadataProps });
}

const outside: TensorProto = {
  name: 'w',
  dims: [1],
  dataType: dataTypes.float32,
  dataLocation: 1,
  externalData: [{ key: 'location', value: '../../etc/passwd' }],
};

test.each<[string, Partial<GraphProto>]>([
  ['an initializer', { initializer: [outside] }],
  ['an attribute', { node: [nodeWith({ name: 'value', type: 4, t: outside })] }],
  ['a subgraph', { node: [nodeWith({ name: 'body', type: 5, g: { ...empty, initializer: [outside] } })] }],
])('values in another file are found in %s', (_name, graph) => {
  expect(usesExternalData(decodeModel(modelWith(graph)))).toBe(true);
});

function nodeWith(attribute: GraphProto['node'][number]['attribute'][number]) {
  return { opType: 'Any', input: [], output: [], attribute: [attribute] };
}

test('constants are read from raw bytes and from typed fields', () => {
  const initializer: TensorProto[] = [
    { name: 'a', dims: [2], dataType: dataTypes.float32, floatData: [1.5, -2] },
    { name: 'b', dims: [], dataType: dataTypes.float64, doubleData: [0.1] },
    { name: 'c', dims: [2], dataType: dataTypes.int64, int64Data: [3, -4] },
    { name: 'd', dims: [1], dataType: dataTypes.string, stringData: [new TextEncoder().encode('ü')] },
    { name: 'e', dims: [1, 2], dataType: dataTypes.float32, rawData: new Uint8Array(Float32Array.of(7, 8).buffer) },
  ];
  expect(modelInitializers(decodeModel(modelWith({ initializer })))).toEqual([
    { name: 'a', shape: [2], values: Float32Array.of(1.5, -2) },
    { name: 'b', shape: [], values: Float64Array.of(0.1) },
    { name: 'c', shape: [2], values: BigInt64Array.of(3n, -4n) },
    { name: 'd', shape: [1], values: ['ü'] },
    { name: 'e', shape: [1, 2], values: Float32Array.of(7, 8) },
  ]);
});

test.each<[string, TensorProto]>([
  ['too few bytes', { name: 'a', dims: [2], dataType: dataTypes.float32, rawData: new Uint8Array(5) }],
  ['too few values', { name: 'a', dims: [3], dataType: dataTypes.float32, floatData: [1] }],
  ['a type that is not read', { name: 'a', dims: [1], dataType: 16 }],
])('a constant with %s is refused', (_name, tensor) => {
  const model = decodeModel(modelWith({ initializer: [tensor] }));
  expect(() => modelInitializers(model)).toThrow(expect.objectContaining({ code: 'model-unreadable' }));
});

test('labels are null when absent, and refused when they are no list of strings', () => {
  const labelled = (value: string) => decodeModel(modelWith({}, [{ key: 'artenic.labels', value }]));
  expect(modelLabels(decodeModel(modelWith({})))).toBeNull();
  expect(modelLabels(labelled('["a","b"]'))).toEqual(['a', 'b']);
  expect(() => modelLabels(labelled('["a",1]'))).toThrow(/not a list of strings/);
  expect(() => modelLabels(labelled('["a"'))).toThrow(/not JSON/);
});

/** A length-delimited protobuf field. */
function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.of((number << 3) | 2, ...length), content]);
}

test('subgraphs nested without end are refused', () => {
  // Written by hand (graph.node.attribute.g and so on), because the encoder refuses such graphs, too.
  const nested = (depth: number) => {
    let graph: Uint8Array = new Uint8Array();
    for (let level = 0; level < depth; level++) graph = field(1, field(5, field(6, graph)));
    return Buffer.concat([Buffer.of(1 << 3, 8), field(7, graph), field(8, Buffer.of(2 << 3, 17))]);
  };
  expect(decodeModel(nested(3)).irVersion).toBe(8);
  expect(() => decodeModel(nested(5000))).toThrow(expect.objectContaining({ code: 'model-unreadable' }));
});
