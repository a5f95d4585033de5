import type { ArtenicClient } from '@artenic/client';
import type { Output } from './output/output.ts';
import type { Settings } from './settings/settings.ts';

/** What every command works with; made from the global options when it is first asked for. */
export type Runtime = {
  readonly settings: () => Settings;
  readonly client: () => ArtenicClient;
  readonly output: () => Output;
  /** As `--profile` or the environment name it. */
  readonly profileName: () => string | undefined;
  readonly signal: AbortSignal;
};
