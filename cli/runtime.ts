import type { ArtenicClient } from '@artenic/client';
import type { Look } from './output/look.ts';
import type { Output } from './output/output.ts';
import type { Settings } from './settings/settings.ts';
import type { Terminal } from './terminal.ts';

/** Services for every command, created from the global options on first use. */
export type Runtime = {
  readonly settings: () => Settings;
  readonly client: () => ArtenicClient;
  readonly output: () => Output;
  readonly look: () => Look;
  readonly terminal: Terminal;
  /** Profile named by `--profile` or the environment. */
  readonly profileName: () => string | undefined;
  readonly signal: AbortSignal;
};
