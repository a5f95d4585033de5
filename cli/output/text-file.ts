import { readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * UTF-16 with a byte order mark, as PowerShell's `>` writes it, or without: then every other byte of plain text is NUL.
 */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString('latin1');
  return mark === '\xff\xfe' || mark === '\xfe\xff' || (bytes[0] === 0) !== (bytes[1] === 0);
}

/**
 * Reads a text file that a user wrote, without its byte order mark. Text that is not UTF-8 is refused with a message.
 */
export function readTextFile(path: string, shown = path): string {
  const bytes = readFileSync(path);
  if (bytes.length > 1 && isUtf16(bytes))
    throw new CliError('usage', `${shown} is UTF-16: save it as UTF-8 (in PowerShell by \`Out-File -Encoding utf8\`)`);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new CliError('usage', `${shown} is not UTF-8: save it in this encoding`);
  }
}
