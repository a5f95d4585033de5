/**
 * Yields the source's bytes if their number is the announced one. Throws before the first surplus byte: a client or a
 * proxy that keeps the connection would read it as the beginning of the next answer.
 */
export async function* exactly(source: AsyncIterable<Uint8Array>, promisedBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > promisedBytes) break;
    yield chunk;
  }
  if (bytes !== promisedBytes) throw new Error(`An answer of ${promisedBytes} bytes would have had other bytes.`);
}
