import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { jobFileSchema, JobTextError, parseJobText, type JobFile } from '@artenic/core';
import { CliError } from '../cli-error.ts';
import { shownPath } from '../output/shown-path.ts';
import { readTextFile } from '../output/text-file.ts';

export type LoadedJob = { readonly file: JobFile; readonly folder: string };

/** Reads `artenic.yaml` (or JSON). Errors name file, line, column and field. */
export function loadJobFile(path: string): LoadedJob {
  if (!existsSync(path)) throw new CliError('usage', `${path} not found`);
  if (!statSync(path).isFile()) throw new CliError('usage', `${path} is not a file`);
  const shown = shownPath(path);
  const text = readTextFile(path, shown);
  try {
    return { file: parseJobText(text, jobFileSchema), folder: dirname(resolve(path)) };
  } catch (error) {
    if (!(error instanceof JobTextError)) throw error;
    const lines = error.issues.map(
      (issue) =>
        `${shown}${issue.line === undefined ? '' : `:${issue.line}:${issue.column ?? 1}`}: ${issue.pointer === '' ? '' : `${issue.pointer.slice(1).replaceAll('/', '.')}: `}${issue.message}`,
    );
    throw new CliError('usage', lines.join('\n'));
  }
}
