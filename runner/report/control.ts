import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { z } from 'zod';
import { errorCode } from '../error-text.ts';

// Older runner versions stored times in place of fingerprints: those checkpoints count as changed.
const ledgerSchema = z.record(z.string(), z.union([z.string(), z.number().transform(String)]));
/** Checkpoints that storage has: their fingerprint at upload, by name. */
export type Ledger = ReadonlyMap<string, string>;

/** Files that a killed runner leaves for `--drain`. They exist from hello until everything has been delivered. */
export type Control = {
  readonly keepToken: (attemptToken: string) => void;
  /** Null when everything is delivered, or the attempt never began. */
  readonly token: () => string | null;
  readonly keepLedger: (ledger: Ledger) => void;
  /** Null when the training had not begun. */
  readonly ledger: () => Ledger | null;
  readonly clear: () => void;
};

export function openControl(workDir: string): Control {
  const folder = join(workDir, 'control');
  const tokenFile = join(folder, 'token');
  const ledgerFile = join(folder, 'checkpoints.json');
  return {
    keepToken: (attemptToken) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeWhole(tokenFile, attemptToken);
    },
    token: () => readIfThere(tokenFile),
    keepLedger: (ledger) => writeWhole(ledgerFile, JSON.stringify(Object.fromEntries(ledger))),
    ledger: () => {
      const text = readIfThere(ledgerFile);
      return text === null ? null : new Map(Object.entries(ledgerSchema.parse(JSON.parse(text))));
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
