import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import protobuf from 'protobufjs/minimal.js';
import { ArtenicError } from '../../core/errors.ts';
import { readValueInfo, refuseUnstorable, valueFields } from './model-values.ts';
import { rejected } from './rejected.ts';

const maxModelBytes = 2 * 1024 ** 3 - 1;
/** The C++ reader of onnxruntime stops at the same depth. */
const maxDepth = 100;
const labelsKey = 'artenic.labels';

const startsWith =
  (...bytes: readonly number[]) =>
  (head: Uint8Array) =>
    bytes.every((byte, index) => head[index] === byte);
const hasText = (text: string, at: number) => (head: Uint8Array) =>
  String.fromCharCode(...head.subarray(at, at + text.length)) === text;

/** Formats that users try to register. Some of them run code when their own library opens them. */
const otherFormats: readonly {
  readonly name: string;
  readonly matches: (head: Uint8Array) => boolean;
}[] = [
  {
    name: 'a Python pickle',
    matches: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5,
  },
  { name: 'a zip archive (PyTorch, Keras or NumPy)', matches: startsWith(0x50, 0x4b, 0x03, 0x04) },
  { name: 'HDF5 (Keras)', matches: startsWith(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a) },
  { name: 'a NumPy array', matches: startsWith(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) },
  { name: 'a gzip archive', matches: startsWith(0x1f, 0x8b) },
  { name: 'GGUF', matches: hasText('GGUF', 0) },
  { name: 'TensorFlow Lite', matches: hasText('TFL3', 4) },
  { name: 'the ORT format', matches: hasText('ORTM', 4) },
  {
    name: 'safetensors',
    matches: (head) => startsWith(0x7b)(head.subarray(8)) && startsWith(0, 0, 0)(head.subarray(5)),
  },
];

/** Refuses a file that is not ONNX by its size and its first bytes, without reading the rest. */
export async function refuseOtherFormats(filePath: string): Promise<void> {
  const file = await open(filePath);
  try {
    const { size } = await file.stat();
    if (size === 0) throw rejected('The file is empty.');
    if (size > maxModelBytes) throw rejected(`The file has ${size} bytes; an ONNX file holds less than 2 GiB.`);
    const { buffer } = await file.read(new Uint8Array(16), 0, 16, 0);
    const other = otherFormats.find((format) => format.matches(buffer));
    if (other !== undefined) throw rejected(`This is ${other.name}, not ONNX; export the model to ONNX.`);
  } finally {
    await file.close();
  }
}

/** Message types of onnx.proto that can contain a tensor, with the field numbers that lead to them. */
const children = {
  model: { 7: 'graph', 14: 'metadata', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'external' },
  metadata: {},
  external: {},
} as const satisfies Record<string, Readonly<Record<number, string>>>;
type Message = keyof typeof children;

const lengthDelimited = 2;
const external = 1;
const fields = { graph: 7, opset: 8, dataLocation: 14, key: 1, value: 2 };
const mainGraphDepth = 1;

type Findings = {
  readonly seen: Set<number>;
  readonly metadata: Map<string, string>;
  readonly unknownRank: Set<string>;
};
type ModelFindings = {
  /** The class labels from the metadata. */
  readonly labels: readonly string[] | null;
  /** Inputs and outputs without a shape. onnxruntime-node shows them as scalars. */
  readonly unknownRank: ReadonlySet<string>;
};

/**
 * Walks the file's structure without building it. A tensor in an external file would be read from any path the model
 * names, so it is refused in every message that can contain it.
 */
export function scanModel(filePath: string): ModelFindings {
  const findings: Findings = { seen: new Set(), metadata: new Map(), unknownRank: new Set() };
  try {
    scanMessage(readFileSync(filePath), 'model', 0, findings);
  } catch (cause) {
    if (cause instanceof ArtenicError) throw cause;
    throw new ArtenicError('model-rejected', 'The file is not an ONNX model, or it is cut short.', { cause });
  }
  if (!findings.seen.has(fields.graph) || !findings.seen.has(fields.opset)) {
    throw rejected('The file is not an ONNX model: its graph or its operator set is missing.');
  }
  return { labels: readLabels(findings.metadata.get(labelsKey)), unknownRank: findings.unknownRank };
}

function scanMessage(bytes: Uint8Array, message: Message, depth: number, findings: Findings): void {
  if (depth > maxDepth) throw rejected(`Its graphs are nested more than ${maxDepth} levels deep.`);
  const reader = protobuf.Reader.create(bytes);
  const entry: { key?: string; value?: string } = {};
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, wireType] = [tag >>> 3, tag & 7];
    if (message === 'model') findings.seen.add(field);
    const child = (children[message] as Readonly<Record<number, Message>>)[field];
    const isValue = message === 'graph' && depth === mainGraphDepth && valueFields.has(field);
    if (message === 'tensor' && field === fields.dataLocation && wireType === 0) {
      if (reader.uint32() === external) refuseExternal();
    } else if (child !== undefined && wireType === lengthDelimited) {
      if (child === 'external') refuseExternal();
      scanMessage(reader.bytes(), child, depth + 1, findings);
    } else if (isValue && wireType === lengthDelimited) {
      const { name, hasShape } = readValueInfo(reader.bytes());
      if (!hasShape) findings.unknownRank.add(name);
    } else if (message === 'metadata' && wireType === lengthDelimited) {
      const text = reader.string();
      if (field === fields.key) entry.key = text;
      if (field === fields.value) entry.value = text;
    } else {
      reader.skipType(wireType);
    }
  }
  if (message === 'metadata') findings.metadata.set(entry.key ?? '', entry.value ?? '');
}

function refuseExternal(): never {
  throw rejected('It keeps tensors in another file (external data); save the model as one file.');
}

function readLabels(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch (cause) {
    throw new ArtenicError('model-rejected', `Its metadata ${labelsKey} is not JSON.`, { cause });
  }
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) {
    throw rejected(`Its metadata ${labelsKey} is not a list of strings.`);
  }
  for (const label of labels) refuseUnstorable(`A label in its metadata ${labelsKey}`, label);
  return labels;
}
