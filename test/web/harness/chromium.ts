import { createReadStream, createWriteStream, existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';

const packed = fileURLToPath(new URL('../../../node_modules/@sparticuz/chromium/', import.meta.url));

/**
 * The package's own `executablePath` reuses any version in `$TMPDIR/chromium`, even a file that another process is
 * still writing. Here the name contains the version, and a file gets its name only when it is complete.
 */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as { readonly version: string };
  const place = join(tmpdir(), `artenic-chromium-${version}`);
  if (existsSync(place)) return place;
  const own = `${place}-${process.pid}`;
  await pipeline(
    createReadStream(join(packed, 'bin', 'chromium.br')),
    createBrotliDecompress(),
    createWriteStream(own, { mode: 0o755 }),
  );
  renameSync(own, place);
  return place;
}

export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  const args = [
    ...more,
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ];
  return chromium.launch({ executablePath: await unpacked(), args });
}
