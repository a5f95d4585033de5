import protobuf from 'protobufjs/light.js';

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string, packed = false) => ({
  id,
  type,
  rule: 'repeated',
  options: { packed },
});

// The part of onnx.proto (github.com/onnx/onnx, proto2, Apache-2.0) that exported models use, by its field numbers.
// Fields that are not listed are skipped when reading.
const root = protobuf.Root.fromJSON({
  nested: {
    onnx: {
      nested: {
        ModelProto: {
          fields: {
            irVersion: field(1, 'int64'),
            producerName: field(2, 'string'),
            producerVersion: field(3, 'string'),
            graph: field(7, 'GraphProto'),
            opsetImport: repeated(8, 'OperatorSetIdProto'),
            metadataProps: repeated(14, 'StringStringEntryProto'),
          },
        },
        OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
        StringStringEntryProto: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
        GraphProto: {
          fields: {
            node: repeated(1, 'NodeProto'),
            name: field(2, 'string'),
            initializer: repeated(5, 'TensorProto'),
            input: repeated(11, 'ValueInfoProto'),
            output: repeated(12, 'ValueInfoProto'),
          },
        },
        NodeProto: {
          fields: {
            input: repeated(1, 'string'),
            output: repeated(2, 'string'),
            name: field(3, 'string'),
            opType: field(4, 'string'),
            attribute: repeated(5, 'AttributeProto'),
            domain: field(7, 'string'),
          },
        },
        AttributeProto: {
          fields: {
            name: field(1, 'string'),
            i: field(3, 'int64'),
            t: field(5, 'TensorProto'),
            g: field(6, 'GraphProto'),
            ints: repeated(8, 'int64'),
            strings: repeated(9, 'bytes'),
            tensors: repeated(10, 'TensorProto'),
            graphs: repeated(11, 'GraphProto'),
            type: field(20, 'int32'),
          },
        },
        TensorProto: {
          fields: {
            dims: repeated(1, 'int64'),
            dataType: field(2, 'int32'),
            floatData: repeated(4, 'float', true),
            stringData: repeated(6, 'bytes'),
            int64Data: repeated(7, 'int64', true),
            name: field(8, 'string'),
            rawData: field(9, 'bytes'),
            doubleData: repeated(10, 'double', true),
            externalData: repeated(13, 'StringStringEntryProto'),
            dataLocation: field(14, 'int32'),
          },
        },
        ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
        TypeProto: {
          fields: { tensorType: field(1, 'Tensor') },
          nested: { Tensor: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } } },
        },
        TensorShapeProto: {
          fields: { dim: repeated(1, 'Dimension') },
          nested: { Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } } },
        },
      },
    },
  },
});

/** Codec of a whole model file. */
export const modelProto = root.lookupType('onnx.ModelProto');

/** `TensorProto.DataType`. */
export const dataTypes = { float32: 1, int64: 7, string: 8, float64: 11 } as const;
export type ElementType = keyof typeof dataTypes;

/** `AttributeProto.AttributeType`. */
export const attributeTypes = { int: 2, ints: 7, strings: 8 } as const;

export type TensorProto = {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData?: Uint8Array;
  readonly floatData?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly int64Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly externalData?: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation?: number;
};

export type AttributeProto = {
  readonly name: string;
  readonly type: number;
  readonly i?: number;
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
};

export type NodeProto = {
  readonly opType: string;
  readonly domain?: string;
  readonly name?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
};

export type ValueInfoProto = {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType: number;
      readonly shape?: { readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[] };
    };
  };
};

export type GraphProto = {
  readonly name?: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
};

export type ModelProto = {
  readonly irVersion: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly opsetImport: readonly { readonly domain?: string; readonly version: number }[];
  readonly graph: GraphProto;
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
};
