import { open, type FileHandle } from 'node:fs/promises';
import { createMasker } from './masking.ts';

/** Largest piece that is shipped at once. */
export const pieceBytes = 1 << 20;
/** A line without its end (a progress bar) is shipped after this long. */
const unfinishedLineMs = 1000;
const lineEnds: readonly number[] = [0x0a, 0x0d];

/**
 * The file's bytes with secrets masked. The position moves only when the server has acknowledged all bytes before it.
 */
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
  /** Offset that the server has reached; ahead of `base` after an answer was lost. */
  #known = 0;
  isAtEnd = false;

  constructor(path: string, secrets: readonly string[]) {
    this.#path = path;
    this.#secrets = secrets;
    this.#masker = createMasker(secrets);
  }

  get hasUnfinishedLine(): boolean {
    return this.#pending.length > 0;
  }

  /** True when there were new bytes. `isFinal`: the file is not written any more. */
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

  /**
   * Next piece to ship, cut at the end of a line if possible, so that readers see whole lines. Empty when it is better
   * to wait.
   */
  nextPiece(mayCutLines: boolean): Buffer {
    const piece = this.#pending.subarray(0, pieceBytes);
    if (this.isAtEnd && piece.length === this.#pending.length) return piece;
    const end = Math.max(...lineEnds.map((byte) => piece.lastIndexOf(byte)));
    if (end >= 0) return piece.subarray(0, end + 1);
    const isOld = this.#unreadSinceMs !== null && performance.now() - this.#unreadSinceMs > unfinishedLineMs;
    return piece.length >= pieceBytes || (mayCutLines && isOld) ? piece : piece.subarray(0, 0);
  }

  /** Call when the server has all bytes before `offset`. */
  acknowledge(offset: number): void {
    this.#known = offset;
    if (offset >= this.base) return this.#dropKnown();
    // The server has lost acknowledged bytes (for example, its database was restored from a backup). Masking is
    // repeatable, so read the file again from its beginning.
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
