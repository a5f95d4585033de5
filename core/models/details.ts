import type { JsonValue } from '@artenic/core';

/** Fields of a version that people edit. */
export type ModelDetails = {
  readonly description: string;
  readonly tags: readonly string[];
  readonly framework: string | null;
  readonly author: string | null;
  readonly metadata: Readonly<Record<string, JsonValue>>;
  readonly metrics: Readonly<Record<string, number>>;
};

/** Changes of details. Entries of `metadata` and `metrics` are merged by their name; null removes one. */
export type ModelDetailsChange = {
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly framework?: string | null | undefined;
  readonly author?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, JsonValue>> | undefined;
  readonly metrics?: Readonly<Record<string, number | null>> | undefined;
};

const fields = ['description', 'tags', 'framework', 'author', 'metadata', 'metrics'] as const;
/** Characters of a value that the history keeps. */
const keptCharacters = 300;

function merged<T>(
  before: Readonly<Record<string, T>>,
  change: Readonly<Record<string, T | null>>,
): Readonly<Record<string, T>> {
  const all = new Map<string, T | null>([...Object.entries(before), ...Object.entries(change)]);
  return Object.fromEntries([...all].filter((entry): entry is [string, T] => entry[1] !== null));
}

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > keptCharacters ? `${text.slice(0, keptCharacters - 1)}…` : text;
};

/** The details after a change, and for the history what differs: `<field> before` and `<field> after`. */
export function changeDetails(
  before: ModelDetails,
  change: ModelDetailsChange,
): { readonly after: ModelDetails; readonly differences: Readonly<Record<string, string>> } {
  const { description, tags, framework, author, metadata, metrics } = change;
  const after: ModelDetails = {
    description: description ?? before.description,
    tags: tags === undefined ? before.tags : [...new Set(tags)],
    framework: framework === undefined ? before.framework : framework,
    author: author === undefined ? before.author : author,
    metadata: metadata === undefined ? before.metadata : merged(before.metadata, metadata),
    metrics: metrics === undefined ? before.metrics : merged(before.metrics, metrics),
  };
  const differing = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  const differences = differing.flatMap((field) => [
    [`${field} before`, shown(before[field])] as const,
    [`${field} after`, shown(after[field])] as const,
  ]);
  return { after, differences: Object.fromEntries(differences) };
}
