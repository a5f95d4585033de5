import type { ModelSignature } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { HostDied, startHost, withDeadline, type Host } from '../hosts/process.ts';
import { refuseOtherFormats } from './model-file.ts';
import { rejected } from './rejected.ts';

const defaultMemoryBytes = 4 * 1024 ** 3;

/**
 * Loads a model file in a separate process and runs it once on zeros. A crash or a run that does not end refuses the
 * file; a failed run does not, because the made-up values may be at fault: an unknown category, or dimensions that do
 * not fit one another.
 * @throws ArtenicError `model-rejected` with the reason; `deadline-exceeded` or `unavailable` when the machine is at
 * fault
 */
export async function inspectModel(
  filePath: string,
  options: { readonly timeoutMs: number; readonly memoryBytes?: number },
): Promise<ModelSignature> {
  const deadline = Date.now() + options.timeoutMs;
  await refuseOtherFormats(filePath);
  const host = await startHost({ memoryBytes: options.memoryBytes ?? defaultMemoryBytes });
  try {
    return await loadAndProbe(host, filePath, deadline, options.timeoutMs);
  } catch (error) {
    throw error instanceof HostDied ? verdictOf(error) : error;
  } finally {
    await host.kill();
  }
}

async function loadAndProbe(
  host: Host,
  filePath: string,
  deadline: number,
  timeoutMs: number,
): Promise<ModelSignature> {
  const { signature } = await withDeadline(
    host.ask('load', filePath),
    deadline - Date.now(),
    () => new ArtenicError('deadline-exceeded', `The model was not loaded within ${timeoutMs} ms.`),
  );
  await withDeadline(host.ask('probe', null), deadline - Date.now(), () =>
    rejected(`It does not finish one run on zeros within ${timeoutMs} ms.`),
  );
  return signature;
}

/**
 * SIGKILL comes from outside: from the kernel when memory is short, or from an operator. Every other death is caused by
 * the model.
 */
export function verdictOf(death: HostDied): ArtenicError {
  return death.signal === 'SIGKILL'
    ? new ArtenicError('unavailable', `The model could not be tried: ${death.message}.`, { cause: death })
    : new ArtenicError('model-rejected', `It cannot be loaded: ${death.message}.`, { cause: death });
}

/**
 * Reads a file of a format that is not run here, in a separate process: the file may be crafted to harm its reader.
 * @throws ArtenicError `model-rejected` with the reason
 */
export async function scanFile(
  filePath: string,
  format: string,
  options: {
    readonly timeoutMs: number;
    readonly memoryBytes: number;
    /** Python modules that the operator trusts. */
    readonly allowedModules?: readonly string[];
  },
): Promise<void> {
  const { allowedModules = [] } = options;
  const host = await startHost({ memoryBytes: options.memoryBytes });
  try {
    await withDeadline(host.ask('scan', { filePath, format, allowedModules }), options.timeoutMs, () =>
      rejected(`It could not be read within ${options.timeoutMs} ms.`),
    );
  } catch (error) {
    throw error instanceof HostDied ? verdictOf(error) : error;
  } finally {
    await host.kill();
  }
}
