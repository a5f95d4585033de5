const mask = '***';
/** Shorter values would turn ordinary words into stars; the API refuses them as secrets. */
const shortestMasked = 4;

/** Replaces secret values in a stream of bytes. What comes out does not depend on how the input was cut. */
export type Masker = { readonly push: (bytes: Buffer) => Buffer; readonly end: () => Buffer };

export function createMasker(secrets: readonly string[]): Masker {
  // Latin-1 maps bytes to characters one to one, so that values in UTF-8 are found as byte strings.
  const values = [...new Set(secrets)]
    .filter((secret) => secret.length >= shortestMasked)
    .map((secret) => Buffer.from(secret, 'utf8').toString('latin1'))
    .toSorted((a, b) => b.length - a.length);
  if (values.length === 0) return { push: (bytes) => bytes, end: () => Buffer.alloc(0) };
  const pattern = new RegExp(
    values.map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('|'),
    'g',
  );
  const longest = values[0]?.length ?? 0;
  let held = '';

  /** Length of the end of `text` that may be the beginning of a secret. */
  function undecided(text: string): number {
    for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
      const tail = text.slice(-length);
      if (values.some((value) => value.length > length && value.startsWith(tail))) return length;
    }
    return 0;
  }

  /** Cut before anything that could still become another, longer match. */
  function emit(text: string): string {
    let out = '';
    let from = 0;
    let openAt = text.length - undecided(text);
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null && match.index < openAt; match = pattern.exec(text)) {
      out += text.slice(from, match.index) + mask;
      from = match.index + match[0].length;
      if (from > openAt) openAt = text.length - undecided(text.slice(from));
    }
    held = text.slice(openAt);
    return out + text.slice(from, openAt);
  }

  return {
    push: (bytes) => Buffer.from(emit(held + bytes.toString('latin1')), 'latin1'),
    end: () => {
      const out = held.replaceAll(pattern, mask);
      held = '';
      return Buffer.from(out, 'latin1');
    },
  };
}
