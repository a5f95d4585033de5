import { open } from 'node:fs/promises';
import type { TableFormat } from '../core/datasets/file-kinds.ts';

const headBytes = 64 * 1024;

/** The first bytes of the file. */
export async function headOf(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

export function isUtf16(head: Uint8Array): boolean {
  const [one, two] = head;
  return (one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff);
}

const delimiters: ReadonlySet<string> = new Set([',', ';', '\t', '|']);

/** How often each delimiter stands in the first line, outside of quotes; the most frequent one is first. */
function delimitersOf(head: Uint8Array): readonly (readonly [delimiter: string, count: number])[] {
  const counts = new Map<string, number>();
  let isQuoted = false;
  let isEmpty = true;
  for (const character of new TextDecoder().decode(head)) {
    if (character === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '\n' || character === '\r') {
      if (!isEmpty) break;
      continue;
    }
    isEmpty = false;
    if (delimiters.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return [...counts].toSorted(([, one], [, other]) => other - one);
}

/** The delimiter that the first line has most often; that of the format if it has none. */
export function delimiterOf(format: TableFormat, head: Uint8Array): string {
  return format === 'tsv' ? '\t' : (delimitersOf(head)[0]?.[0] ?? ',');
}

/** Columns of the first line. */
export function columnCountOf(format: TableFormat, head: Uint8Array): number {
  const delimiter = delimiterOf(format, head);
  return 1 + (delimitersOf(head).find(([one]) => one === delimiter)?.[1] ?? 0);
}
