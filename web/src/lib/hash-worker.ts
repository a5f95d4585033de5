import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** A worker's only answer. */
export type HashAnswer = { readonly sha256: string } | { readonly failure: string };

/** As much of a file as is in memory at once. */
const pieceBytes = 4 * 1024 * 1024;

async function hashOf(file: Blob): Promise<string> {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += pieceBytes)
    hash.update(new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer()));
  return bytesToHex(hash.digest());
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker answers its owner only
const answer = (message: HashAnswer): void => globalThis.postMessage(message);

globalThis.addEventListener('message', ({ data }: MessageEvent<Blob>) => {
  hashOf(data).then(
    (hex) => answer({ sha256: hex }),
    (error: unknown) => answer({ failure: String(error) }),
  );
});
