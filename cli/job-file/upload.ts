import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable, Transform } from 'node:stream';
import type { ArtenicClient } from '@artenic/client';
import { hashOf } from './hash.ts';
import { bar } from '../output/output.ts';

/** Output of an upload: `say` writes lasting lines, `meter` redraws a single line. */
export type Talk = { readonly say: (line: string) => void; readonly meter: (line: string) => void };

/** Output for a pipe: without a meter, because the lines are read later. */
export function quietTalk(say: (line: string) => void): Talk {
  return { say, meter: () => undefined };
}

const redrawMs = 100;

function metered(path: string, bytes: number, { meter }: Talk): ReadableStream<Uint8Array> {
  let [sent, drawnAtMs] = [0, 0];
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, next) => {
      sent += chunk.byteLength;
      if (performance.now() - drawnAtMs >= redrawMs) {
        drawnAtMs = performance.now();
        meter(`${bar(bytes === 0 ? 1 : sent / bytes)} ${basename(path)}`);
      }
      next(null, chunk);
    },
  });
  const source = createReadStream(path);
  // If the file cannot be read to its end, the request must fail instead of waiting.
  source.on('error', (error) => counter.destroy(error));
  return Readable.toWeb(source.pipe(counter)) as ReadableStream<Uint8Array>;
}

/** Uploads a file under its content's SHA-256, unless it is there; returns the hash as hex. */
export async function uploadFile(
  client: ArtenicClient,
  kind: 'data' | 'models',
  path: string,
  talk: Talk,
): Promise<string> {
  const sha256 = await hashOf(path);
  const { size } = statSync(path);
  const sent = await client.objects.upload(kind, sha256, () => metered(path, size, talk));
  talk.say(`${sent ? 'uploaded' : 'already uploaded:'} ${basename(path)}`);
  return sha256;
}
