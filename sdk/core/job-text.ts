import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';

/** One thing that is wrong in a job's text, with its place: JSON pointer, line and column from 1. */
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

type Path = readonly PropertyKey[];

function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Where the value at `path` begins; for a key that should not be there, the key itself. */
function placeOf(
  document: Document,
  lines: LineCounter,
  path: Path,
  isKey: boolean,
): { line: number; column: number } | object {
  for (let length = path.length; length >= 0; length--) {
    const upTo = path.slice(0, length);
    const last = upTo.at(-1);
    const parent: unknown = length === 0 ? document.contents : document.getIn(upTo.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
      : undefined;
    const key = pair !== undefined && isScalar(pair.key) ? pair.key.range : null;
    const value =
      length === 0
        ? document.contents?.range
        : (document.getIn(upTo, true) as { range?: readonly number[] } | undefined)?.range;
    const offset = (isKey && length === path.length ? key?.[0] : undefined) ?? value?.[0] ?? key?.[0];
    if (offset === undefined) continue;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  }
  return {};
}

/**
 * Parses a job written as YAML or JSON. Every error names its line, unknown fields included.
 * @throws JobTextError
 */
export function parseJobText<T extends z.ZodType>(text: string, schema: T): z.output<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new JobTextError(
      'unreadable',
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { pointer: '', line, column: col, message: error.message };
      }),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new JobTextError('unreadable', [
      { pointer: '', message: error instanceof Error ? error.message : String(error) },
    ]);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new JobTextError(
    'invalid',
    parsed.error.issues.flatMap((issue): TextIssue[] => {
      if (issue.code !== 'unrecognized_keys')
        return [
          { pointer: pointerOf(issue.path), ...placeOf(document, lines, issue.path, false), message: issue.message },
        ];
      return issue.keys.map((key) => {
        const path = [...issue.path, key];
        return { pointer: pointerOf(path), ...placeOf(document, lines, path, true), message: `unknown field "${key}"` };
      });
    }),
  );
}
