/**
 * The same bytes, if there are as many as the answer has promised. Throws before the first byte too many: a client or a
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
