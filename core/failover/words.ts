import type { AttemptEnding } from '@artenic/core';
import { assertNever } from '../assert-never.ts';
import type { EndedAttempt, FailoverStep, Offer } from './types.ts';

/** Signals by which a program ends itself through a fault in its own code or in a library. */
const crashes: ReadonlySet<string> = new Set(['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS']);

export function adviceAfter({ kind, signal }: AttemptEnding): string {
  if (kind !== 'killed') return 'The runner stops reporting each time: check the log and the health of the machine.';
  if (signal !== undefined && crashes.has(signal))
    return `The program crashes (${signal}), most often in a native library: check the end of its log and the versions of its libraries.`;
  if (signal !== undefined && signal !== 'SIGKILL')
    return `Another program sends ${signal} to the training: check the other programs of the machine, and those that the command starts.`;
  return 'The training is killed, most often by the kernel for lack of memory: lower the batch size or raise `resources.memoryGib`.';
}

export function mutedMessage(count: number, { offer, ending }: EndedAttempt): string {
  const advice = `check that machines of ${offer.provider} can reach the API (ARTENIC_API_URL), and read their consoles`;
  return `${count} machines in a row never connected: ${advice}. Last: ${ending.message}`;
}

/** The end of an attempt as the cause of the next one, such as `instance reclaimed`. */
function causeOf(kind: AttemptEnding['kind']): string {
  switch (kind) {
    case 'succeeded':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'killed':
      return 'killed';
    case 'setup-failed':
      return 'setup failed';
    case 'lost':
      return 'instance stopped responding';
    case 'preempted':
      return 'preempted';
    case 'stockout':
      return 'no capacity';
    case 'quota':
      return 'quota used up';
    case 'unauthorized':
      return 'credentials refused';
    case 'unavailable':
      return 'provider unavailable';
    case 'launch-failed':
      return 'launch failed';
    case 'cancelled':
      return 'cancelled';
    case 'timed-out':
      return 'timed out';
    default:
      return assertNever(kind);
  }
}

const placeOf = ({ region, zone }: Offer): string => zone ?? region;

/** Why an attempt is launched where it is, such as `move to us-east-b (preempted in us-east-a)`. */
export function reasonOf(step: FailoverStep, last: EndedAttempt | undefined, offer: Offer): string {
  const cause = last === undefined ? '' : ` (${causeOf(last.ending.kind)} in ${placeOf(last.offer)})`;
  switch (step) {
    case 'first':
      return 'first attempt';
    case 'taken-over':
      return 'taken over';
    case 'same-offer':
      return `retry${cause}`;
    case 'next-type':
      return `move to the type ${offer.instanceType}${cause}`;
    case 'next-zone':
      return `move to ${placeOf(offer)}${cause}`;
    case 'next-region':
      return `move to the region ${offer.region}${cause}`;
    case 'next-provider':
      return `move to the provider ${offer.provider}${cause}`;
    case 'on-demand':
      return `move to an on-demand machine${cause}`;
    case 'back-to-spot':
      return `back to a spot machine${cause}`;
    default:
      return assertNever(step);
  }
}

export function describe(last: EndedAttempt): string {
  return `${causeOf(last.ending.kind)}: ${last.ending.message}`;
}

/** Appends the exit code unless the message already contains it. */
export function withExitCode(subject: string, ending: AttemptEnding): string {
  const { exitCode, message } = ending;
  if (exitCode === null || new RegExp(`\\b${exitCode}\\b`).test(message)) return message;
  return `${subject} exited with code ${exitCode}: ${message}`;
}
