/** Values of a browser that refuses to store any; they last as long as the page. */
const held = new Map<string, string>();

/** A value that this browser keeps; null if there is none. A browser may refuse all storage. */
export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? held.get(key) ?? null;
  } catch {
    return held.get(key) ?? null;
  }
}

/** Keeps the value in this browser; null removes it. */
export function store(key: string, value: string | null): void {
  held.delete(key);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is refused or full.
    if (value !== null) held.set(key, value);
  }
}
