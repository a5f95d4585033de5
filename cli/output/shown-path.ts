import { relative, resolve } from 'node:path';

/** The path from the working directory, or the whole one when it is elsewhere. */
export function shownPath(path: string): string {
  const near = relative('.', path);
  return near === '' ? path : near.startsWith('..') ? resolve(path) : near;
}
