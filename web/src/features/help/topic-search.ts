import type { Topic } from './blocks.ts';

export type Found = {
  readonly path: string;
  readonly title: string;
  /** Null when the page itself is meant. */
  readonly section: { readonly id: string; readonly title: string } | null;
};

const most = 20;

/** Pages and sections whose titles hold every word, pages first. */
export function searchTopics(topics: readonly Topic[], query: string): readonly Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const holds = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const pages = topics.filter(({ title, path }) => holds(`${title} ${path}`));
  const sections = topics.flatMap(({ path, title, sections: own }) =>
    own
      .filter(
        (section) =>
          holds(`${title} ${section.title}`) && words.some((word) => section.title.toLowerCase().includes(word)),
      )
      .map((section) => ({ path, title, section })),
  );
  return [...pages.map(({ path, title }) => ({ path, title, section: null })), ...sections].slice(0, most);
}
