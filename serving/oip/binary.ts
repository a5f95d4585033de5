import { ArtenicError } from '../../core/errors.ts';
import { makeNumbers, type NamedTensor, type TensorData } from '../tensors/tensors.ts';

const lengthBytes = 4;

/**
 * Reads Triton's binary tensor data: little-endian, row-major; BYTES are elements with a 4-byte length before each.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
export function readBinary(what: string, type: string, count: number, bytes: Uint8Array): TensorData {
  if (type === 'string') return readTexts(what, count, bytes);
  const bytesEach = makeNumbers(type, 0).BYTES_PER_ELEMENT;
  if (count * bytesEach !== bytes.length) {
    throw new ArtenicError(
      'validation-failed',
      `${what}: its shape needs ${count * bytesEach} bytes, it has ${bytes.length}`,
    );
  }
  const data = makeNumbers(type, count);
  new Uint8Array(data.buffer).set(bytes);
  if (type === 'bool' && (data as Uint8Array).some((byte) => byte > 1))
    throw new ArtenicError('validation-failed', `${what}: a BOOL is a byte of 0 or 1`);
  return data;
}

function readTexts(what: string, count: number, bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + lengthBytes;
    const end = start <= bytes.length ? start + view.getUint32(at, true) : Infinity;
    if (end > bytes.length) throw new ArtenicError('validation-failed', `${what}: its last element is cut short`);
    const element = bytes.subarray(start, end);
    // onnxruntime would cut the text there.
    if (element.includes(0))
      throw new ArtenicError('validation-failed', `${what}: element ${texts.length} holds a NUL character`);
    try {
      texts.push(decoder.decode(element));
    } catch (cause) {
      throw new ArtenicError('validation-failed', `${what}: element ${texts.length} is not UTF-8`, { cause });
    }
    at = end;
  }
  if (texts.length !== count)
    throw new ArtenicError('validation-failed', `${what}: its shape has ${count} elements, it has ${texts.length}`);
  return texts;
}

/** Writes the format that `readBinary` reads. */
export function writeBinary({ type, data }: NamedTensor): Uint8Array {
  if (type !== 'string') {
    const numbers = data as Float32Array;
    return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  }
  const parts = (data as readonly string[]).flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}
