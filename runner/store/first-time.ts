/** Tells of the bytes of one file that are moved for the first time: what is sent or read again after a failure is no progress. */
export class FirstTime {
  readonly #onMoved: ((bytes: number) => void) | undefined;
  #most = 0;

  constructor(onMoved: ((bytes: number) => void) | undefined) {
    this.#onMoved = onMoved;
  }

  /** The first `bytes` bytes are moved. */
  readonly upTo = (bytes: number): void => {
    if (bytes <= this.#most) return;
    this.#onMoved?.(bytes - this.#most);
    this.#most = bytes;
  };

  /** For a reading from the beginning, of which each chunk is told. */
  restart(): (chunkBytes: number) => void {
    let bytes = 0;
    return (chunkBytes) => {
      bytes += chunkBytes;
      this.upTo(bytes);
    };
  }
}
