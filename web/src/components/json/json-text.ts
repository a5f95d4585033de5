import { JsonSyntaxError, offsetOfPointer, readJsonTree, type JsonNode } from './json-tree.ts';

/** A problem and its place, in the shape of a problem document's `errors`. */
export type JsonProblem = {
  /** RFC 6901; empty for the whole text. */
  readonly pointer: string;
  readonly message: string;
  /** Counted from 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};

function placeOf(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

export type JsonReading =
  | { readonly isValid: true; readonly value: unknown; readonly tree: JsonNode }
  | { readonly isValid: false; readonly problem: JsonProblem };

export function readJson(source: string): JsonReading {
  try {
    const tree = readJsonTree(source);
    return { isValid: true, value: JSON.parse(source), tree };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = placeOf(source, error.offset);
    return { isValid: false, problem: { pointer: '', message: error.message, line, column } };
  }
}

/** Adds line and column to problems that name a path. */
export function placeProblems(source: string, problems: readonly JsonProblem[]): readonly JsonProblem[] {
  const reading = readJson(source);
  if (!reading.isValid) return problems;
  return problems.map((problem) =>
    problem.line === undefined
      ? { ...problem, ...placeOf(source, offsetOfPointer(reading.tree, problem.pointer)) }
      : problem,
  );
}

/** The part of zod's issues that is read here. */
type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

export function problemsOfZod(issues: readonly Issue[]): readonly JsonProblem[] {
  return issues.map(({ path, message }) => ({
    pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    message,
  }));
}

const widest = 80;

function isFlat(node: JsonNode): boolean {
  return node.kind === 'array' ? node.items.every(({ kind }) => kind === 'literal') : node.kind === 'literal';
}

function printed(node: JsonNode, indent: string): string {
  if (node.kind === 'literal') return node.raw;
  const inner = `${indent}  `;
  if (node.kind === 'array') {
    if (node.items.length === 0) return '[]';
    const items = node.items.map((item) => printed(item, inner));
    const oneLine = `[${items.join(', ')}]`;
    if (isFlat(node) && indent.length + oneLine.length <= widest) return oneLine;
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`;
  }
  if (node.entries.length === 0) return '{}';
  const entries = node.entries.map(({ rawKey, value }) => `${inner}${rawKey}: ${printed(value, inner)}`);
  return `{\n${entries.join(',\n')}\n${indent}}`;
}

/** Formats JSON with two spaces per level. Literals stay as written, so that no long number is rounded. */
export function formatJson(tree: JsonNode): string {
  return printed(tree, '');
}
