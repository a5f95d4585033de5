import { jobFileSchema, JobTextError, parseJobText, placeInJobText, type JobFile, type TextIssue } from '@artenic/core';
import { isMap, isScalar, parseDocument, type Document } from 'yaml';

/** A job file while it is edited: any mapping. */
export type Draft = Readonly<Record<string, unknown>>;
type Path = readonly string[];

/** A job file as text. `draft` is null while the text is not a YAML mapping, `file` while it has faults. */
export type Reading = {
  readonly draft: Draft | null;
  readonly file: JobFile | null;
  readonly faults: readonly TextIssue[];
};

export const emptyText = `service: ''
command: ''
resources:
  vcpu: 1
maxHours: 24
`;

const isRecord = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function draftOf(text: string): Draft | null {
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) return null;
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return isRecord(value) ? value : value === null ? {} : null;
  } catch {
    return null; // An alias without its anchor; the faults say so.
  }
}

/** Reads the text with the same sentences for faults as the command line and the API. */
export function readJobFile(text: string): Reading {
  try {
    return { draft: draftOf(text), file: parseJobText(text, jobFileSchema), faults: [] };
  } catch (error) {
    if (!(error instanceof JobTextError)) throw error;
    return { draft: error.kind === 'unreadable' ? null : draftOf(text), file: null, faults: error.issues };
  }
}

/** Faults that others found, such as the API, with their places in the text. */
export function placed(text: string, faults: readonly Pick<TextIssue, 'pointer' | 'message'>[]): readonly TextIssue[] {
  return faults.map(({ pointer, message }) => ({ pointer, message, ...placeInJobText(text, pointer) }));
}

export function valueAt(draft: Draft, path: Path): unknown {
  let value: unknown = draft;
  for (const name of path) value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** Makes every mapping above the path, in place of an alias, a scalar or nothing. */
function openMappings(document: Document, path: Path): void {
  for (let length = 0; length < path.length; length++) {
    const above = path.slice(0, length);
    const node: unknown = length === 0 ? document.contents : document.getIn(above, true);
    if (isMap(node)) continue;
    const whole: unknown = document.toJS();
    const value = isRecord(whole) ? valueAt(whole, above) : undefined;
    const mapping = document.createNode(isRecord(value) ? value : {});
    if (length === 0) document.contents = mapping as typeof document.contents;
    else document.setIn(above, mapping);
  }
}

/** Removes the value, and the mappings that are empty without it. */
function remove(document: Document, path: Path): void {
  document.deleteIn(path);
  const above = path.slice(0, -1);
  const node: unknown = above.length === 0 ? null : document.getIn(above, true);
  if (isMap(node) && node.items.length === 0) remove(document, above);
}

/**
 * The text with another value at the path; undefined removes it. Comments and the order of fields stay. A text that
 * cannot be read stays as it is.
 */
export function withValue(text: string, path: Path, value: unknown): string {
  const document: Document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) return text;
  if (value === undefined) {
    if (!document.hasIn(path)) return text;
    remove(document, path);
  } else {
    openMappings(document, path);
    const node: unknown = document.getIn(path, true);
    if (isScalar(node) && (typeof value !== 'object' || value === null)) {
      node.value = value;
      delete node.source;
    } else document.setIn(path, document.createNode(value));
  }
  return document.toString({ lineWidth: 0 });
}
