import type { z } from 'zod';
import { fieldFaults, pointerOf } from './field-faults.ts';
import { readJobYaml } from './job-yaml.ts';

/** One fault in a job's text, with its place: JSON pointer, line and column from 1. */
export type TextIssue = {
  readonly pointer: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
};

/** The text is not YAML or JSON (`unreadable`), or does not fit the schema (`invalid`). */
export class JobTextError extends Error {
  override readonly name = 'JobTextError';
  readonly kind: 'unreadable' | 'invalid';
  readonly issues: readonly TextIssue[];
  constructor(kind: 'unreadable' | 'invalid', issues: readonly TextIssue[]) {
    super(
      issues
        .map(
          (issue) =>
            `${issue.line === undefined ? '' : `line ${issue.line}, column ${issue.column ?? 1}: `}${issue.message}`,
        )
        .join('; '),
    );
    this.kind = kind;
    this.issues = issues;
  }
}

/** Faults of longer texts are reported without lines. */
const longestPlaced = 64_000;

/**
 * Parses a job written as YAML or JSON. Each fault names its line, also an unknown field; only the first faults are
 * reported.
 * @throws JobTextError
 */
export function parseJobText<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  const yaml = readJobYaml(text);
  if (yaml.faults.length > 0)
    throw new JobTextError(
      'unreadable',
      yaml.faults.map((fault) => ({ pointer: '', ...fault })),
    );
  const parsed = schema.safeParse(yaml.toValue(), { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new JobTextError(
    'invalid',
    fieldFaults(parsed.error.issues, schema).map(({ path, isUnknown, message }) => ({
      pointer: pointerOf(path),
      ...(text.length > longestPlaced ? {} : yaml.placeOf(path, isUnknown)),
      message,
    })),
  );
}

/** Line and column of the value at a JSON pointer (RFC 6901), or of its nearest parent; empty for text without it. */
export function placeInJobText(text: string, pointer: string): Pick<TextIssue, 'line' | 'column'> {
  if (text.length > longestPlaced) return {};
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return readJobYaml(text).placeOf(path, false);
}
