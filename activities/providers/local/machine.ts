import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Capacity } from '../../../core/capacity/types.ts';
import { messageOf } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';

const run = promisify(execFile);
const bytesPerGib = 2 ** 30;
const askGpusTimeoutMs = 10_000;
/** Cached, because the driver answers slowly and GPUs are not added to a running machine. */
const gpusKeptMs = 60_000;

type Gpus = { readonly names: readonly string[]; readonly problem: string | null };
export type Machine = Capacity & { readonly gpuType: string | null; readonly problem: string | null };

/** Returns a function that reads the machine's capacity; `vcpu` replaces its number of cores. */
export function machineReader(options: {
  readonly vcpu: number | undefined;
  readonly nvidiaSmi: string;
}): () => Promise<Machine> {
  let known: { readonly gpus: Gpus; readonly readMs: number } | null = null;
  return async () => {
    if (known === null || performance.now() - known.readMs > gpusKeptMs) {
      known = { gpus: await readGpus(options.nvidiaSmi), readMs: performance.now() };
    }
    const { names, problem } = known.gpus;
    return {
      vcpu: options.vcpu ?? availableParallelism(),
      memoryGib: memoryBytes() / bytesPerGib,
      gpus: names.length,
      gpuType: names[0] ?? null,
      problem,
    };
  };
}

/** Memory of the machine, or the limit of the container. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

async function readGpus(nvidiaSmi: string): Promise<Gpus> {
  try {
    const { stdout } = await run(nvidiaSmi, ['--query-gpu=name', '--format=csv,noheader'], {
      timeout: askGpusTimeoutMs,
    });
    const names = stdout.split('\n').map((line) => line.trim());
    return { names: names.filter((name) => name !== ''), problem: null };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { names: [], problem: null };
    // installed but failing: the machine counts as one without GPUs, and the operator is shown the problem
    return { names: [], problem: `nvidia-smi fails: ${messageOf(error).split('\n')[0]}` };
  }
}

export function describeMachine({ vcpu, memoryGib, gpus, gpuType, problem }: Machine): string {
  const cards = gpus === 0 ? 'no GPU' : `${gpus} × ${gpuType}`;
  const sentence = `${vcpu} cores, ${memoryGib.toFixed(1)} GiB of memory, ${cards}.`;
  return problem === null ? sentence : `${sentence} ${problem}.`;
}
