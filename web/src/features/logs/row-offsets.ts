/** Heights of many rows with their running sums. A Fenwick tree: appending a row or looking one up costs O(log n). */
export class RowOffsets {
  #tree = new Float64Array(1025);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(height: number): void {
    if (this.#length + 2 > this.#tree.length) {
      const larger = new Float64Array((this.#tree.length - 1) * 2 + 1);
      larger.set(this.#tree);
      this.#tree = larger;
    }
    const node = ++this.#length;
    const lowest = node & -node;
    let sum = height;
    for (let step = 1; step < lowest; step <<= 1) sum += this.#tree[node - step] ?? 0;
    this.#tree[node] = sum;
  }

  truncate(length: number): void {
    this.#length = Math.min(this.#length, Math.max(0, length));
  }

  /** Offset of a row's start; for an index equal to the length, the end of the last row. */
  offsetOf(row: number): number {
    let sum = 0;
    for (let node = Math.min(row, this.#length); node > 0; node -= node & -node) sum += this.#tree[node] ?? 0;
    return sum;
  }

  /** The row at an offset; the last row for offsets beyond the end. */
  rowAt(offset: number): number {
    let node = 0;
    let left = offset;
    for (let step = 1 << Math.floor(Math.log2(Math.max(1, this.#length))); step > 0; step >>= 1) {
      const next = node + step;
      if (next > this.#length) continue;
      const sum = this.#tree[next] ?? 0;
      if (sum <= left) {
        node = next;
        left -= sum;
      }
    }
    return Math.min(node, Math.max(0, this.#length - 1));
  }
}
