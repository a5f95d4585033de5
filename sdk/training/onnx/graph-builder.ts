import { encodeModel, type Shape } from './model.ts';
import {
  attributeTypes,
  dataTypes,
  type AttributeProto,
  type ElementType,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema.ts';

/** Name of a tensor in the graph. */
export type Value = string;

/** A number is INT, a list of numbers INTS, a list of strings STRINGS. */
type Attribute = number | readonly number[] | readonly string[];

type NodeOptions = {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  /** Name of the result; generated when absent. */
  readonly as?: string;
};

const encoder = new TextEncoder();
const irVersion = 8;
const mainOpset = 17;
const mlDomain = 'ai.onnx.ml';
const mlOpset = 3;

/** Collects inputs, constants, nodes and outputs, and writes them as one model file (IR 8, opset 17, ai.onnx.ml 3). */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #scalars = new Map<number, Value>();
  readonly #real: 'float32' | 'float64';

  /** @param real Type of the real numbers. Double is for checking gradients by finite differences. */
  constructor(real: 'float32' | 'float64' = 'float32') {
    this.#real = real;
  }

  input(name: string, shape: Shape, type: ElementType = this.#real): Value {
    this.#inputs.push(valueInfo(name, shape, type));
    return name;
  }

  /** Makes a value an output of the graph; a value with another name is copied to this name. */
  output(name: string, from: Value, shape: Shape, type: ElementType = this.#real): void {
    if (from !== name) this.node('Identity', [from], { as: name });
    this.#outputs.push(valueInfo(name, shape, type));
  }

  node(opType: string, input: readonly Value[], options: NodeOptions = {}): Value {
    const output = options.as ?? `/${opType}_${this.#nodes.length}`;
    const attribute = Object.entries(options.attributes ?? {}).map(([name, value]) => encodeAttribute(name, value));
    this.#nodes.push({ opType, domain: options.domain ?? '', name: output, input, output: [output], attribute });
    return output;
  }

  /** A node of the operator set `ai.onnx.ml`. */
  mlNode(opType: string, input: readonly Value[], attributes: Readonly<Record<string, Attribute>>): Value {
    return this.node(opType, input, { attributes, domain: mlDomain });
  }

  /** A constant of the graph's real type; each value is stored once. */
  scalar(value: number): Value {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const name = this.reals(`/scalar_${this.#scalars.size}`, [], [value]);
    this.#scalars.set(value, name);
    return name;
  }

  reals(name: string, dims: readonly number[], values: ArrayLike<number>): Value {
    const array = this.#real === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    return this.#constant({ name, dims, dataType: dataTypes[this.#real], rawData: new Uint8Array(array.buffer) });
  }

  doubles(name: string, dims: readonly number[], values: readonly number[]): Value {
    const rawData = new Uint8Array(Float64Array.from(values).buffer);
    return this.#constant({ name, dims, dataType: dataTypes.float64, rawData });
  }

  integers(name: string, values: readonly number[]): Value {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant({ name, dims: [values.length], dataType: dataTypes.int64, rawData });
  }

  strings(name: string, values: readonly string[]): Value {
    const stringData = values.map((value) => encoder.encode(value));
    return this.#constant({ name, dims: [values.length], dataType: dataTypes.string, stringData });
  }

  /** Casts to the graph's real type. */
  cast(value: Value): Value {
    return this.node('Cast', [value], { attributes: { to: dataTypes[this.#real] } });
  }

  encode(name: string, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    return encodeModel({
      irVersion,
      producerName: 'artenic',
      producerVersion: '0.1.0',
      opsetImport: [
        { domain: '', version: mainOpset },
        { domain: mlDomain, version: mlOpset },
      ],
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
  }

  #constant(tensor: TensorProto): Value {
    this.#initializers.push(tensor);
    return tensor.name;
  }
}

function valueInfo(name: string, shape: Shape, type: ElementType): ValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}

function encodeAttribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  const strings = value.filter((one) => typeof one === 'string');
  if (strings.length > 0)
    return { name, type: attributeTypes.strings, strings: strings.map((one) => encoder.encode(one)) };
  return { name, type: attributeTypes.ints, ints: value.filter((one) => typeof one === 'number') };
}
