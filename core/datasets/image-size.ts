import { assertNever } from '../assert-never.ts';
import type { ImageFormat } from './file-kinds.ts';

export type ImageSize = { readonly width: number; readonly height: number };

const textAt = (bytes: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + length));

function png(bytes: Uint8Array, view: DataView): ImageSize | null {
  if (bytes.length < 24 || textAt(bytes, 0, 8) !== '\u0089PNG\r\n\u001a\n' || textAt(bytes, 12, 4) !== 'IHDR')
    return null;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gif(bytes: Uint8Array, view: DataView): ImageSize | null {
  if (bytes.length < 10 || !['GIF87a', 'GIF89a'].includes(textAt(bytes, 0, 6))) return null;
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** Markers of frames; 0xC4, 0xC8 and 0xCC in their range have other meanings. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function jpeg(bytes: Uint8Array, view: DataView): ImageSize | null {
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    // fill bytes before a marker
    if (marker === 0xff) at++;
    else if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return null;
}

function webp(bytes: Uint8Array, view: DataView): ImageSize | null {
  if (bytes.length < 30 || textAt(bytes, 0, 4) !== 'RIFF' || textAt(bytes, 8, 4) !== 'WEBP') return null;
  const uint24 = (offset: number): number => view.getUint16(offset, true) + ((bytes[offset + 2] ?? 0) << 16);
  switch (textAt(bytes, 12, 4)) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
    default:
      return null;
  }
}

function readSize(format: ImageFormat, bytes: Uint8Array, view: DataView): ImageSize | null {
  switch (format) {
    case 'png':
      return png(bytes, view);
    case 'jpeg':
      return jpeg(bytes, view);
    case 'gif':
      return gif(bytes, view);
    case 'webp':
      return webp(bytes, view);
    default:
      return assertNever(format);
  }
}

/** Width and height by the file's first bytes; null when they are not there. */
export function imageSizeOf(format: ImageFormat, head: Uint8Array): ImageSize | null {
  const size = readSize(format, head, new DataView(head.buffer, head.byteOffset, head.byteLength));
  return size === null || size.width === 0 || size.height === 0 ? null : size;
}
