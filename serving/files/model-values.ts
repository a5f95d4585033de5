import protobuf from 'protobufjs/minimal.js';
import { rejected } from './rejected.ts';

/** Inputs and outputs of `GraphProto`. */
export const valueFields: ReadonlySet<number> = new Set([11, 12]);

const lengthDelimited = 2;
/** ValueInfoProto: name, type. TypeProto: tensor_type. TypeProto.Tensor: shape. */
const fields = { name: 1, type: 2, tensorType: 1, shape: 2 };
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** PostgreSQL stores neither NUL nor a lone surrogate, and onnxruntime cuts a name at its first NUL. */
export function refuseUnstorable(what: string, text: string): void {
  if (text.includes('\0')) throw rejected(`${what} holds a NUL character: ${JSON.stringify(text.slice(0, 200))}.`);
  if (!text.isWellFormed())
    throw rejected(`${what} holds half of a surrogate pair: ${JSON.stringify(text.slice(0, 200))}.`);
}

/** The bytes of every field with this number. */
function* fieldsOf(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === wanted && (tag & 7) === lengthDelimited) yield reader.bytes();
    else reader.skipType(tag & 7);
  }
}

/** Reads a graph's input or output. An empty shape means a scalar; an absent one means that the shape is unknown. */
export function readValueInfo(bytes: Uint8Array): { readonly name: string; readonly hasShape: boolean } {
  let name = '';
  for (const text of fieldsOf(bytes, fields.name)) {
    try {
      name = utf8.decode(text);
    } catch {
      throw rejected('The name of an input or output is not UTF-8.');
    }
  }
  refuseUnstorable('The name of an input or output', name);
  for (const type of fieldsOf(bytes, fields.type))
    for (const tensor of fieldsOf(type, fields.tensorType))
      for (const _ of fieldsOf(tensor, fields.shape)) return { name, hasShape: true };
  return { name, hasShape: false };
}
