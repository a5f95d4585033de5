import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@artenic/client';
import { isTerminalJobState, type JobView } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { loadJobFile } from '../../cli/job-file.ts';
import { uploadJob } from '../../cli/upload-job.ts';
import { writeWhole, type Home } from './home.ts';

export type DemoOptions = {
  readonly root: string;
  readonly home: Home;
  readonly endpoints: { readonly api: string; readonly docs: string; readonly temporalUi: string | null };
  readonly readyAtMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

type Penguin = { readonly Species: string };
