import { ArtenicError } from '../../core/errors.ts';
import { HostDied, startHost, withDeadline, type Host } from './process.ts';
import type { LoadedModel } from './messages.ts';
import { refuseOtherFormats } from '../files/model-file.ts';

export type LaneOptions = {
  readonly fetchModel: (sha256: string) => Promise<string>;
  readonly loadTimeoutMs: number;
  readonly memoryBytes: number;
};
export type ModelFacts = Pick<LoadedModel, 'signature'> & { readonly hasOwnRows: boolean };
/** A process with a loaded, warm model. */
export type LoadedHost = { readonly host: Host; readonly facts: ModelFacts; readonly rssBytes: number };

async function startOnce(sha256: string, options: LaneOptions, onStart: (host: Host) => void): Promise<LoadedHost> {
  const { fetchModel, loadTimeoutMs, memoryBytes } = options;
  const filePath = await fetchModel(sha256);
  await refuseOtherFormats(filePath);
  const host = await startHost({ memoryBytes });
  onStart(host);
  const late = () => new ArtenicError('deadline-exceeded', `The model was not loaded within ${loadTimeoutMs} ms.`);
  const work = async (): Promise<LoadedHost> => {
    const { signature, rssBytes } = await host.ask('load', filePath);
    const { hasOwnRows } = await host.ask('warmUp', null);
    return { host, facts: { signature, hasOwnRows }, rssBytes };
  };
  try {
    return await withDeadline(work(), loadTimeoutMs, late);
  } catch (error) {
    await host.kill();
    throw error;
  }
}

/**
 * Starts a process and loads the model. A SIGKILL from outside is not caused by the model, so the load is retried once.
 */
export async function loadHost(
  sha256: string,
  options: LaneOptions,
  onStart: (host: Host) => void,
): Promise<LoadedHost> {
  try {
    return await startOnce(sha256, options, onStart);
  } catch (error) {
    if (!(error instanceof HostDied) || error.signal !== 'SIGKILL') throw error;
    return startOnce(sha256, options, onStart);
  }
}
