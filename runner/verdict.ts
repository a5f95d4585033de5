import { open } from 'node:fs/promises';
import type { CompletionMarker } from '@artenic/core';
import { signalInShell, type CommandEnd } from './process/command.ts';
import { complain, errorCode } from './error-text.ts';
import { createMasker } from './secrets/masking.ts';
import type { StopReason } from './process/stopping.ts';

export type Verdict = Pick<CompletionMarker, 'phase' | 'reason' | 'exitCode' | 'signal' | 'message'>;

type Ended = CommandEnd & {
  readonly phase: 'setup' | 'training';
  readonly stoppedFor: StopReason | null;
  /** A known cause, more precise than the exit code and the log. */
  readonly why: string | null;
  readonly logFile: string;
};

const tailBytes = 65_536;
const longestQuote = 300;
const longestReason = 2000;

export function couldNotPrepare(message: string, stoppedFor: StopReason | null = null): Verdict {
  return {
    phase: 'setup',
    reason: stoppedFor ?? 'restore-failed',
    exitCode: null,
    signal: null,
    message: `The attempt could not be prepared: ${message.slice(0, longestReason).replace(/\.$/, '')}.`,
  };
}

/** How the command ended, with the last line of its log when it failed. */
export async function verdictOf(ended: Ended, secrets: readonly string[]): Promise<Verdict> {
  const { phase, exitCode, signal, stoppedFor, why, logFile } = ended;
  const what = phase === 'setup' ? 'The setup' : 'The command';
  const base = { phase, reason: stoppedFor ?? 'exited', exitCode, signal } as const;
  if (stoppedFor !== null) {
    const how = signal ?? (exitCode === null ? 'before it started' : `exit code ${exitCode}`);
    return { ...base, message: `${what} was stopped (${stoppedFor}): ${how}.` };
  }
  if (why !== null) return { ...base, message: `${why}.` };
  const reported = signalInShell(exitCode);
  const meaning = reported === null ? '' : ` (a shell reports ${reported} so)`;
  const how = signal === null ? `ended with exit code ${exitCode}${meaning}` : `was ended by ${signal}`;
  const quote = exitCode === 0 ? null : await lastLine(logFile, secrets);
  return { ...base, message: `${what} ${how}.${quote === null ? '' : ` Its log ends with: ${quote}`}` };
}

/** The log's last non-empty line, masked in the same way as the shipped log. */
async function lastLine(logFile: string, secrets: readonly string[]): Promise<string | null> {
  let tail: Buffer;
  try {
    await using file = await open(logFile, 'r');
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), { position: start });
    tail = buffer.subarray(0, bytesRead);
  } catch (error) {
    // The verdict does not depend on the quote.
    if (errorCode(error) !== 'ENOENT') complain('reading the end of the log', error);
    return null;
  }
  const masker = createMasker(secrets);
  const text = Buffer.concat([masker.push(tail), masker.end()]).toString('utf8');
  const line = text
    .split(/[\r\n]/)
    .findLast((one) => one.trim() !== '')
    ?.trim();
  // The cut at the tail's start may have left the end of a secret, so only a line far from the start is quoted.
  if (line === undefined || (text.length - text.lastIndexOf(line) > tailBytes / 2 && tail.length === tailBytes))
    return null;
  return line.slice(0, longestQuote);
}
