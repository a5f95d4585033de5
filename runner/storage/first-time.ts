/**
 * Reports each byte of one file when it is moved for the first time: a byte sent or read again after a failure is no
 * progress.
 */
export class FirstTime {
  readonly #onMoved: ((bytes: number) => void) | undefined;
  #most = 0;

  constructor(onMoved: ((bytes: number) => void) | undefined) {
    this.#onMoved = onMoved;
  }

  /** Call when the first `bytes` bytes have been moved. */
  readonly upTo = (bytes: number): void => {
    if (bytes <= this.#most) return;
    this.#onMoved?.(bytes - this.#most);
    this.#most = bytes;
  };

  /** Returns a counter for reading from the beginning; call it with the size of each chunk. */
  restart(): (chunkBytes: number) => void {
    let bytes = 0;
    return (chunkBytes) => {
      bytes += chunkBytes;
      this.upTo(bytes);
    };
  }
}
