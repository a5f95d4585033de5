import { jobSpecSchema, type JobSpec, type Problem } from '@artenic/core';
import { problemsOfZod, readExactJson, type JsonProblem } from '../../components/json/json-text.ts';

/** A job file while the user edits it: any JSON object. */
export type Draft = Readonly<Record<string, unknown>>;

export const emptyDraft: Draft = { service: '', command: '', config: {}, resources: { vcpu: 1 }, maxHours: 24 };

const isRecord = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function draftOf(text: string): Draft | null {
  const read = readExactJson(text);
  return read.isValid && isRecord(read.value) ? read.value : null;
}

/** The fields given for the job, without the schema's defaults. */
export function draftOfSpec(spec: JobSpec): Draft {
  const bare: Draft = jobSpecSchema.parse({ service: spec.service, command: spec.command });
  const entries = Object.entries(spec).filter(
    ([name, value]) =>
      ['service', 'command', 'config', 'resources', 'maxHours'].includes(name) ||
      JSON.stringify(value) !== JSON.stringify(bare[name]),
  );
  return Object.fromEntries(entries);
}

/** The value at a path of names, as text for a form field. */
export function fieldText(draft: Draft, path: readonly string[]): string {
  let value: unknown = draft;
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export type DataItem = { readonly name: string; readonly sha256: string };

/** The data files named so far; other contents are ignored. */
export function dataOf(draft: Draft): readonly DataItem[] {
  const { data } = draft;
  if (!Array.isArray(data)) return [];
  return data
    .filter(isRecord)
    .flatMap(({ name, sha256 }) => (typeof name === 'string' && typeof sha256 === 'string' ? [{ name, sha256 }] : []));
}

/** A copy of the draft with another value at the path; undefined removes the value. */
export function withField(draft: Draft, path: readonly string[], value: unknown): Draft {
  const [name = '', ...rest] = path;
  if (rest.length > 0) {
    const inner = draft[name];
    return { ...draft, [name]: withField(isRecord(inner) ? inner : {}, rest, value) };
  }
  if (value !== undefined) return { ...draft, [name]: value };
  return Object.fromEntries(Object.entries(draft).filter(([other]) => other !== name));
}

export type Checked =
  | { readonly spec: JobSpec; readonly problems: readonly [] }
  | { readonly spec: null; readonly problems: readonly JsonProblem[] };

export function check(draft: Draft | null): Checked {
  if (draft === null) return { spec: null, problems: [{ pointer: '', message: 'not a JSON object' }] };
  const parsed = jobSpecSchema.safeParse(draft);
  return parsed.success
    ? { spec: parsed.data, problems: [] }
    : { spec: null, problems: problemsOfZod(parsed.error.issues) };
}

/** The API's line numbers refer to the text that was sent, not to the shown text; the pointer locates the problem. */
export function problemsOfApi(errors: Problem['errors']): readonly JsonProblem[] {
  return (errors ?? []).map(({ pointer, message }) => ({ pointer, message }));
}
