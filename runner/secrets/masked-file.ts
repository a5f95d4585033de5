import { open, type FileHandle } from 'node:fs/promises';
import { createMasker } from './masking.ts';

/** Most that is shipped at once. */
export const pieceBytes = 1 << 20;
/** A line without its end (a progress bar) is shown after this long. */
const unfinishedLineMs = 1000;
const lineEnds: readonly number[] = [0x0a, 0x0d];

/** The file's bytes with secrets masked, from a place that moves only when the server has what lies before it. */
export class MaskedFile {
  readonly #path: string;
  readonly #secrets: readonly string[];
  #masker;
  #file: FileHandle | null = null;
  #rawOffset = 0;
  #unreadSinceMs: number | null = null;
  /** Masked and not yet acknowledged. */
  #pending: Buffer = Buffer.alloc(0);
  /** Offset of the first pending byte in the masked stream. */
  base = 0;
  /** What the server has; ahead of `base` after an answer was lost. */
  #known = 0;
  isAtEnd = false;

  constructor(path: string, secrets: readonly string[]) {
    this.#path = path;
    this.#secrets = secrets;
    this.#masker = createMasker(secrets);
  }

  /** True when there was something new. `isFinal`: nothing is written any more. */
  async read(isFinal: boolean): Promise<boolean> {
    if (this.isAtEnd || this.#pending.length >= pieceBytes) return false;
    try {
      this.#file ??= await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const buffer = Buffer.allocUnsafe(pieceBytes);
    const bytesRead =
      this.#file === null ? 0 : (await this.#file.read(buffer, 0, pieceBytes, this.#rawOffset)).bytesRead;
    this.#rawOffset += bytesRead;
    if (bytesRead > 0) this.#append(this.#masker.push(buffer.subarray(0, bytesRead)));
    else if (isFinal) {
      this.#append(this.#masker.end());
      this.isAtEnd = true;
    }
    return bytesRead > 0;
  }

  #append(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.#pending.length > 0) this.#unreadSinceMs ??= performance.now();
    this.#dropKnown();
  }

  /** Cut at a line's end where there is one, so that readers see whole lines; empty when it is better to wait. */
  nextPiece(mayCutLines: boolean): Buffer {
    const piece = this.#pending.subarray(0, pieceBytes);
    if (this.isAtEnd && piece.length === this.#pending.length) return piece;
    const end = Math.max(...lineEnds.map((byte) => piece.lastIndexOf(byte)));
    if (end >= 0) return piece.subarray(0, end + 1);
    const isOld = this.#unreadSinceMs !== null && performance.now() - this.#unreadSinceMs > unfinishedLineMs;
    return piece.length >= pieceBytes || (mayCutLines && isOld) ? piece : piece.subarray(0, 0);
  }

  /** The server has everything before `offset`. */
  acknowledge(offset: number): void {
    this.#known = offset;
    if (offset >= this.base) return this.#dropKnown();
    // It has lost what it had acknowledged (a database restored from a backup, say): masking is repeatable, so read again.
    this.#masker = createMasker(this.#secrets);
    this.#pending = Buffer.alloc(0);
    this.#rawOffset = 0;
    this.base = 0;
    this.isAtEnd = false;
  }

  #dropKnown(): void {
    const count = Math.min(Math.max(this.#known - this.base, 0), this.#pending.length);
    if (count === 0) return;
    this.#pending = this.#pending.subarray(count);
    this.base += count;
    this.#unreadSinceMs = this.#pending.length > 0 ? performance.now() : null;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
