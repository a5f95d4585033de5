import type { SearchItem } from '@artenic/core';
import { digitsOfId, isShownPart, shownPartOf } from '../jobs/id-part.ts';

/** Kinds of which there are few come first, because jobs could fill any list. */
const orderOfKinds: readonly SearchItem['kind'][] = ['service', 'model', 'version', 'dataset', 'provider', 'job'];

/** As many digits are more likely meant as an id than as a word. */
const clearDigits = 6;

/**
 * 0: its id or its whole title. 1: the beginning or end of its id, or of the part of it that lists show. 2: the
 * beginning of its title, or fewer digits of the shown part. 3: words of it.
 */
function distance({ id, title }: SearchItem, query: string): number {
  const [wanted, name] = [query.toLowerCase(), title.toLowerCase()];
  if (id.toLowerCase() === wanted || name === wanted) return 0;
  const [part, digits] = [digitsOfId(query), digitsOfId(id)];
  if (part !== null && digits !== null && (digits.startsWith(part) || digits.endsWith(part))) return 1;
  const shown = digits === null ? null : shownPartOf(query);
  if (shown !== null && isShownPart(id, shown)) return shown.length < clearDigits ? 2 : 1;
  return name.startsWith(wanted) ? 2 : 3;
}

/** The best items first, each once; items that are equally near keep their order. */
export function ranked(items: readonly SearchItem[], text: string, limit: number): readonly SearchItem[] {
  const query = text.trim();
  const once = new Map(items.map((item) => [`${item.kind} ${item.id}`, item]));
  return [...once.values()]
    .map((item) => ({ item, near: distance(item, query), kind: orderOfKinds.indexOf(item.kind) }))
    .toSorted((a, b) => a.near - b.near || a.kind - b.kind)
    .slice(0, limit)
    .map(({ item }) => item);
}
