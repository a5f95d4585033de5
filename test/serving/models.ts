import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs/minimal.js';
import { GraphBuilder } from '../../sdk/training/onnx/graph-builder.ts';
import { encodeModel } from '../../sdk/training/onnx/model.ts';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from '../../sdk/training/onnx/schema.ts';

export const types = { float: 1, int64: 7, string: 8, bool: 9, half: 10 };
const graphAttribute = 5;

/** A folder of model files by content hash. */
export function modelFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'artenic-models-'));
  return {
    pathOf: (sha256: string) => join(folder, sha256),
    add: (bytes: Uint8Array): string => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      writeFileSync(join(folder, sha256), bytes);
      return sha256;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Softmax of two numbers, with labels in the metadata. */
export function softmaxModel(labels = '["cat","dog"]'): Uint8Array {
  const graph = new GraphBuilder();
  graph.input('x', ['rows', 2]);
  graph.output('probabilities', graph.node('Softmax', ['x'], { attributes: { axis: 1 } }), ['rows', 2]);
  return graph.encode('softmax', { 'artenic.labels': labels });
}

/** Returns every input unchanged: names and types must be preserved. */
export function echoModel(): Uint8Array {
  const value = (name: string, type: number, dims: readonly (number | string)[]) => valueInfo(name, type, dims);
  const inputs = [
    value('number', types.float, ['rows', 1]),
    value('whole', types.int64, [1]),
    value('text', types.string, ['rows', 1]),
    value('flag', types.bool, ['rows']),
    value('grid', types.float, [1, 2, 3]),
    value('open', types.float, ['rows', 'length']),
  ];
  return encode({
    inputs,
    outputs: inputs.map((input) => ({ ...input, name: `${input.name}_out` })),
    nodes: inputs.map(({ name }) => node('Identity', [name], [`${name}_out`])),
  });
}

/** Counts to `n` inside onnxruntime; only the end of its process can stop it. */
export function loopModel(trips?: bigint): Uint8Array {
  const body: AttributeProto = {
    name: 'body',
    type: graphAttribute,
    g: {
      name: 'body',
      input: [valueInfo('i', types.int64, []), valueInfo('go', types.bool, []), valueInfo('before', types.float, [1])],
      output: [valueInfo('go_on', types.bool, []), valueInfo('after', types.float, [1])],
      node: [node('Identity', ['go'], ['go_on']), node('Add', ['before', 'one'], ['after'])],
      initializer: [],
    },
  };
  const one: TensorProto = { name: 'one', dims: [1], dataType: types.float, rawData: bytesOf(Float32Array.of(1)) };
  const zero: TensorProto = { name: 'zero', dims: [1], dataType: types.float, rawData: bytesOf(Float32Array.of(0)) };
  const yes: TensorProto = { name: 'yes', dims: [], dataType: types.bool, rawData: Uint8Array.of(1) };
  const fixed: TensorProto[] =
    trips === undefined
      ? []
      : [{ name: 'n', dims: [], dataType: types.int64, rawData: bytesOf(BigInt64Array.of(trips)) }];
  return encode({
    inputs: trips === undefined ? [valueInfo('n', types.int64, [])] : [],
    outputs: [valueInfo('count', types.float, [1])],
    nodes: [{ ...node('Loop', ['n', 'yes', 'zero'], ['count']), attribute: [body] }],
    initializers: [one, zero, yes, ...fixed],
  });
}

/** Allocates a tensor with as many numbers as the input says, or with a fixed number. */
export function allocationModel(size?: bigint): Uint8Array {
  const fixed: TensorProto[] =
    size === undefined
      ? []
      : [{ name: 'size', dims: [1], dataType: types.int64, rawData: bytesOf(BigInt64Array.of(size)) }];
  return encode({
    initializers: fixed,
    inputs: size === undefined ? [valueInfo('size', types.int64, [1])] : [],
    outputs: [valueInfo('sum', types.float, [])],
    nodes: [
      node('ConstantOfShape', ['size'], ['zeros']),
      node('ReduceSum', ['zeros'], ['sum'], [{ name: 'keepdims', type: 2, i: 0 }]),
    ],
  });
}

export function unknownOperatorModel(): Uint8Array {
  return encode({
    inputs: [valueInfo('x', types.float, [1])],
    outputs: [valueInfo('y', types.float, [1])],
    nodes: [{ ...node('Frobnicate', ['x'], ['y']), domain: 'com.example' }],
    domains: ['com.example'],
  });
}

const externalTensor: TensorProto = {
  name: 'secret',
  dims: [4],
  dataType: types.float,
  dataLocation: 1,
  externalData: [{ key: 'location', value: '../../etc/passwd' }],
};

/** Tensors stored in another file: in the main graph, in a subgraph, and in places that common readers skip. */
export const externalDataModels: readonly (readonly [string, () => Uint8Array])[] = [
  ['an initializer', () => withTensor(externalTensor)],
  [
    'a location without a file',
    () => withTensor({ name: 'secret', dims: [4], dataType: types.float, dataLocation: 1 }),
  ],
  [
    'a constant in a subgraph',
    () =>
      encode({
        ...identity,
        nodes: [
          {
            ...node('If', ['x'], ['y']),
            attribute: [
              {
                name: 'then_branch',
                type: graphAttribute,
                g: {
                  name: 'then',
                  input: [],
                  output: [],
                  initializer: [],
                  node: [node('Constant', [], ['c'], [{ name: 'value', type: 4, t: externalTensor }])],
                },
              },
            ],
          },
        ],
      }),
  ],
  // graph (7) → sparse_initializer (15) → values (1) → data_location (14) = EXTERNAL
  ['a sparse initializer', () => appended([7, 15, 1], (writer) => writer.uint32(tagOf(14, 0)).uint32(1))],
  // functions (25) → node (7) → attribute (5) → tensor (5) → external_data (13)
  ['a function of the model', () => appended([25, 7, 5, 5, 13], (writer) => writer)],
];

/** Nested graphs: a reader with unbounded recursion overflows its stack. */
export function depthBomb(): Uint8Array {
  const path = Array.from({ length: 3000 }, () => [1, 5, 6]).flat();
  return appended([7, ...path], (writer) => writer);
}

type Wanted = {
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
  readonly initializers?: readonly TensorProto[];
  readonly domains?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
};

const identity: Wanted = {
  inputs: [valueInfo('x', types.float, [1])],
  outputs: [valueInfo('y', types.float, [1])],
  nodes: [node('Identity', ['x'], ['y'])],
};

function withTensor(tensor: TensorProto): Uint8Array {
  return encode({ ...identity, initializers: [tensor] });
}

/** Appends the end of a message: repeated fields of two concatenated messages are read as a single message. */
function appended(path: readonly number[], end: (writer: protobuf.Writer) => protobuf.Writer): Uint8Array {
  const tail = path.reduceRight<Uint8Array>(
    (inner, field) => protobuf.Writer.create().uint32(tagOf(field, 2)).bytes(inner).finish(),
    end(protobuf.Writer.create()).finish(),
  );
  return Buffer.concat([encode(identity), tail]);
}

const tagOf = (field: number, wireType: number) => (field << 3) | wireType;
const bytesOf = (array: Float32Array | BigInt64Array) => new Uint8Array(array.buffer);

export function encode(wanted: Wanted): Uint8Array {
  return encodeModel({
    irVersion: 8,
    opsetImport: ['', ...(wanted.domains ?? [])].map((domain) => ({ domain, version: domain === '' ? 17 : 1 })),
    metadataProps: Object.entries(wanted.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'test',
      node: wanted.nodes,
      initializer: wanted.initializers ?? [],
      input: wanted.inputs,
      output: wanted.outputs,
    },
  });
}

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeProto[] = [],
): NodeProto {
  return { opType, input, output, attribute };
}

/** @param dims null: the value has no shape */
export function valueInfo(name: string, elemType: number, dims: readonly (number | string)[] | null): ValueInfoProto {
  if (dims === null) return { name, type: { tensorType: { elemType } } };
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
