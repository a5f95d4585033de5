import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findTemporalCli } from '../../scripts/temporal-cli.mjs';
import { trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { processesWith } from '../support/processes.ts';
import type { Stack } from '../support/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** All faults, and whether each may cost the job an attempt. */
export const faults = {
  worker: { newAttempt: false },
  api: { newAttempt: false },
  postgres: { newAttempt: false },
  temporal: { newAttempt: false },
  supervisor: { newAttempt: false },
  terminate: { newAttempt: false },
  reset: { newAttempt: false },
  runner: { newAttempt: true },
  training: { newAttempt: true },
  hung: { newAttempt: true },
} as const;
export type Fault = keyof typeof faults;
export const faultNames = Object.keys(faults) as readonly Fault[];

/** Runs Temporal's CLI against the stack's server. */
export function temporalCli(stack: Stack, args: readonly string[]): { readonly ok: boolean; readonly output: string } {
  const { path } = findTemporalCli(root, () => undefined);
  const answer = spawnSync(
    path ?? 'temporal',
    [...args, '--address', stack.endpoints().temporalAddress, '--namespace', 'default'],
    { encoding: 'utf8', timeout: 20_000 },
  );
  return { ok: answer.status === 0, output: `${answer.stdout}${answer.stderr}` };
}

/** Pids of a job's runner, or of its training command, found by the marker in their environment. */
export function processesOf(jobId: string, kind: 'runner' | 'training'): readonly number[] {
  return processesWith(`ARTENIC_ATTEMPT_ID=${jobId}/attempt-`).filter((pid) => {
    let commandLine = '';
    try {
      commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return false;
    }
    const isRunner = /runner\/main\.ts|runner\.mjs/.test(commandLine);
    const isTraining = /^\S*(?:python3?|node)\b/.test(commandLine) && !isRunner;
    return kind === 'runner' ? isRunner : isTraining;
  });
}

/** Injects a fault into a job or the platform; false when there was no target. */
export async function inject(stack: Stack, fault: Fault, jobId: string): Promise<boolean> {
  switch (fault) {
    case 'worker':
    case 'api':
    case 'postgres':
    case 'temporal':
      if (stack.endpoints().processes[fault] === undefined) return false;
      try {
        stack.kill(fault);
      } catch {
        return false; // The process is being restarted at this moment.
      }
      return true;
    case 'supervisor':
      await stack.killSupervisor();
      await stack.start();
      return true;
    case 'runner':
    case 'training':
    case 'hung': {
      const [pid] = processesOf(jobId, fault === 'hung' ? 'runner' : fault);
      if (pid === undefined) return false;
      try {
        process.kill(pid, fault === 'hung' ? 'SIGSTOP' : 'SIGKILL');
      } catch {
        return false;
      }
      return true;
    }
    case 'terminate':
      return temporalCli(stack, [
        'workflow',
        'terminate',
        '--workflow-id',
        trainingJobWorkflowId(jobId),
        '--reason',
        'chaos',
      ]).ok;
    case 'reset':
      return temporalCli(stack, [
        'workflow',
        'reset',
        '--workflow-id',
        trainingJobWorkflowId(jobId),
        '--type',
        'FirstWorkflowTask',
        '--reason',
        'chaos',
      ]).ok;
  }
}
