import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { TableFormat } from '../core/datasets/file-kinds.ts';
import type { TableSource } from './messages.ts';

const headBytes = 64 * 1024;

/** The first bytes of the file's content. A damaged gzip gives what could be unpacked. */
export async function headOf({ path, isPacked }: TableSource): Promise<Buffer> {
  if (!isPacked) {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }
  const unpacked = createReadStream(path).pipe(createGunzip());
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= headBytes) break;
    }
  } catch (error) {
    if (bytes === 0) throw error;
  } finally {
    unpacked.destroy();
  }
  return Buffer.concat(chunks).subarray(0, headBytes);
}

export function isUtf16(head: Uint8Array): boolean {
  const [one, two] = head;
  return (one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff);
}

const delimiters = [',', ';', '\t', '|'] as const;

/** The delimiter that the first line has most often outside of quotes; that of the format if it has none. */
export function delimiterOf(format: TableFormat, head: Uint8Array): string {
  if (format === 'tsv') return '\t';
  const counts = new Map<string, number>();
  let isQuoted = false;
  for (const character of new TextDecoder().decode(head)) {
    if (character === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '\n' || character === '\r') {
      if (counts.size > 0) break;
      continue;
    }
    if ((delimiters as readonly string[]).includes(character))
      counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  let [best, most]: [string, number] = [',', 0];
  for (const delimiter of delimiters) {
    const found = counts.get(delimiter) ?? 0;
    if (found > most) [best, most] = [delimiter, found];
  }
  return best;
}
