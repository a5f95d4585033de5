import type { Page } from '@artenic/core';
import { z } from 'zod';
import type { Http } from './http.ts';

export type Signal = { readonly signal?: AbortSignal };

export async function* pages<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let cursor: string | undefined; ;) {
    const page = await fetchPage(cursor);
    yield* page.items;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

/** Reads all pages of a job's or model's items. An older API answers with a single page. */
export async function allOf<T extends z.ZodType>(
  http: Http,
  path: string,
  item: T,
  options: Signal = {},
): Promise<readonly z.output<T>[]> {
  const page = z.object({ items: z.array(item), nextCursor: z.string().nullable().default(null) });
  const items: z.output<T>[] = [];
  for await (const one of pages((cursor) =>
    http.json({ method: 'GET', path, query: cursor === undefined ? {} : { cursor }, ...options }, page),
  ))
    items.push(one);
  return items;
}
