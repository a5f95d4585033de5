import type { AttemptEnding } from '@artenic/core';
import { assertNever } from '../assert-never.ts';
import type { EndedAttempt, FailoverStep, Offer } from './types.ts';

/** Signals by which a program ends itself through a fault in its own code or in a library. */
const crashes: ReadonlySet<string> = new Set(['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS']);

export function adviceAfter({ kind, signal }: AttemptEnding): string {
  if (kind !== 'killed') return 'The runner disappears each time: look at the log and at the health of the machine.';
  if (signal !== undefined && crashes.has(signal))
    return `The program crashes (${signal}), most often in a native library: look at the end of its log, and at the versions of what it loads.`;
  if (signal !== undefined && signal !== 'SIGKILL')
    return `Something outside of Artenic sends it ${signal}: look at what else runs on the machine, and at what the command starts.`;
  return 'Something kills the training, most often the kernel when memory runs out: lower the batch size or raise `resources.memoryGib`.';
}

export function mutedMessage(count: number, { offer, ending }: EndedAttempt): string {
  const advice = `see that machines of ${offer.provider} can reach the API (ARTENIC_API_URL), and what their consoles say`;
  return `${count} machines in a row never connected: ${advice}. Last: ${ending.message}`;
}

export function reasonOf(
  step: FailoverStep,
  last: EndedAttempt | undefined,
  { provider, region, zone, instanceType }: Offer,
): string {
  const after = last === undefined ? '' : ` after ${describe(last)}`;
  switch (step) {
    case 'first':
      return 'first attempt';
    case 'taken-over':
      return 'taken over';
    case 'same-offer':
      return `again${after}`;
    case 'next-type':
      return `next type, ${instanceType},${after}`;
    case 'next-zone':
      return `next zone, ${zone ?? region},${after}`;
    case 'next-region':
      return `next region, ${region},${after}`;
    case 'next-provider':
      return `next provider, ${provider},${after}`;
    case 'on-demand':
      return `on-demand${after}`;
    case 'back-to-spot':
      return `spot again${after}`;
    default:
      return assertNever(step);
  }
}

export function describe(last: EndedAttempt): string {
  return `${last.ending.kind}: ${last.ending.message}`;
}

/** Appends the exit code unless the message already contains it. */
export function withExitCode(subject: string, ending: AttemptEnding): string {
  const { exitCode, message } = ending;
  if (exitCode === null || new RegExp(`\\b${exitCode}\\b`).test(message)) return message;
  return `${subject} exited with code ${exitCode}: ${message}`;
}
