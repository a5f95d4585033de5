import { readFileSync } from 'node:fs';
import { writeWhole } from '@artenic/core/write-whole';
import { bootstrapSchema, type Bootstrap, type HelloResponse } from '@artenic/core';
import { z } from 'zod';
import { createRunnerApi, FencedError, RefusedError, type RunnerApi } from './api-client.ts';
import { uploadLeftCheckpoints } from '../checkpoints/checkpoints.ts';
import { openControl } from './control.ts';
import { complain, hideInConsole, writeToConsole } from '../error-text.ts';
import { makeFolders, type Folders } from '../folders.ts';
import { sendHello } from './hello.ts';
import { createMask, maskedManifest, type Mask } from '../secrets/masking.ts';
import { createRunnerStore } from '../storage/open-store.ts';
import { startShippers } from './reporting.ts';

/** After a normal end the file contains no bootstrap token any more. */
const leftBootstrapSchema = bootstrapSchema.extend({ bootstrapToken: z.string() });

/** Removes both tokens from the disk, so that the files left there give no access. */
export function retire(bootstrapFile: string, bootstrap: Bootstrap): void {
  openControl(bootstrap.workDir).clear();
  writeWhole(bootstrapFile, JSON.stringify({ ...bootstrap, bootstrapToken: 'used' }));
}

/**
 * Delivers the data that a killed runner had not delivered: the newest checkpoints, logs and metrics. All processes of
 * its attempt must have ended. May be repeated; does nothing when nothing is left. Runs no part of the job and gives no
 * verdict.
 */
export async function drain(bootstrapFile: string): Promise<void> {
  const bootstrap = leftBootstrapSchema.parse(JSON.parse(readFileSync(bootstrapFile, 'utf8')));
  const control = openControl(bootstrap.workDir);
  const attemptToken = control.token();
  if (attemptToken === null) return;
  const folders = makeFolders(bootstrap.workDir);
  const api = createRunnerApi(bootstrap, attemptToken);
  const { signal: unwanted } = new AbortController();
  const store = createRunnerStore({ bootstrap, api, onFenced: () => undefined, unwanted });
  let mask: Mask | null = null as Mask | null;
  // Upload in parallel: storage may be reachable while the API is away, and the next attempt looks there.
  const uploading = unlessFenced(() =>
    uploadLeftCheckpoints({
      bootstrap,
      store,
      control,
      folder: folders.checkpoints,
      say: writeToConsole,
    }),
  );
  const [uploads] = await Promise.all([
    uploading,
    unlessUnwanted(async () => {
      const hello = await sendHello(api, bootstrap, attemptToken);
      mask = createMask(Object.values(hello.secrets));
      hideInConsole(mask);
      await shipRest(bootstrap, api, folders, hello);
    }),
  ]);
  await unlessUnwanted(async () => {
    // A checkpoint's name may contain a secret, and without the list of secrets it cannot be masked. The checkpoints
    // are already in storage.
    if (mask === null) return;
    for (const manifest of uploads.manifests)
      await api.postUntilAnswered('/checkpoints', maskedManifest(manifest, mask), z.unknown());
  });
  if (uploads.isComplete) retire(bootstrapFile, bootstrap);
}

async function shipRest(bootstrap: Bootstrap, api: RunnerApi, folders: Folders, hello: HelloResponse): Promise<void> {
  const shippers = startShippers({ bootstrap, hello, api, folders, onFenced: () => undefined });
  const { signal } = new AbortController();
  await Promise.all(shippers.map((shipper) => shipper.finish(signal)));
}

/** The files of a fenced attempt need no upload. */
async function unlessFenced(
  uploading: () => ReturnType<typeof uploadLeftCheckpoints>,
): ReturnType<typeof uploadLeftCheckpoints> {
  try {
    return await uploading();
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
    return { manifests: [], isComplete: true };
  }
}

/** Ignores refusals and a newer attempt: the API would answer the same later. */
async function unlessUnwanted(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FencedError) && !(error instanceof RefusedError)) throw error;
    complain('no longer needed', error);
  }
}
