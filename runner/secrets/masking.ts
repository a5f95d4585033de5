import type { CheckpointManifest } from '@artenic/core';
import { secretForms } from './secret-forms.ts';

const mask = Buffer.from('***');
/** No form is shorter, so one look-up of the first bytes tells whether a form can begin here. */
const headBytes = 4;

/** Replaces secret values in a stream of bytes. The output does not depend on how the input was cut. */
export type Masker = { readonly push: (bytes: Buffer) => Buffer; readonly end: () => Buffer };

type Range = { from: number; to: number };
type Look = {
  /** Bytes of the longest form that begins here; 0 when none does. */
  readonly length: number;
  /** The text ends inside a form, so a longer match is still possible. */
  readonly isOpen: boolean;
};

/** Finds forms of secrets in a sorted list: each further byte narrows the range of forms that still match. */
class Finder {
  readonly #forms: readonly Buffer[];
  readonly #byHead = new Map<number, Range>();

  constructor(forms: readonly Buffer[]) {
    this.#forms = forms.toSorted((a, b) => a.compare(b));
    for (const [index, form] of this.#forms.entries()) {
      const head = form.readUInt32BE(0);
      const range = this.#byHead.get(head);
      if (range === undefined) this.#byHead.set(head, { from: index, to: index + 1 });
      else range.to = index + 1;
    }
  }

  at(text: Buffer, at: number): Look {
    const hasHead = text.length - at >= headBytes;
    const first = hasHead ? this.#byHead.get(text.readUInt32BE(at)) : { from: 0, to: this.#forms.length };
    if (first === undefined) return { length: 0, isOpen: false };
    let { from, to } = first;
    let length = 0;
    for (let depth = hasHead ? headBytes : 0; from < to; depth++) {
      // Among forms with the same beginning, the shortest comes first.
      if (this.#forms[from]?.length === depth) {
        length = depth;
        from++;
      }
      if (at + depth === text.length) return { length, isOpen: from < to };
      const byte = text[at + depth] ?? 0;
      const begin = this.#bound(from, to, depth, byte);
      to = this.#bound(begin, to, depth, byte + 1);
      from = begin;
    }
    return { length, isOpen: false };
  }

  /** Index of the first form of the range whose byte at `depth` is not below `byte`. */
  #bound(from: number, to: number, depth: number, byte: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#forms[middle]?.[depth] ?? 0) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function createMasker(secrets: readonly string[]): Masker {
  return maskerFor(finderOf(secrets));
}

/** Null when there are no secrets to hide. */
function finderOf(secrets: readonly string[]): Finder | null {
  const forms = secretForms(secrets);
  return forms.length === 0 ? null : new Finder(forms);
}

function maskerFor(finder: Finder | null): Masker {
  if (finder === null) return { push: (bytes) => bytes, end: () => Buffer.alloc(0) };
  let held = Buffer.alloc(0);

  /** Masks from left to right, the longest form at each place. Stops where a longer form may still follow. */
  function run(text: Buffer, isEnd: boolean): Buffer {
    const out: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < text.length) {
      const { length, isOpen } = finder?.at(text, at) ?? { length: 0, isOpen: false };
      if (isOpen && !isEnd) break;
      if (length === 0) {
        at++;
      } else {
        out.push(text.subarray(from, at), mask);
        at += length;
        from = at;
      }
    }
    out.push(text.subarray(from, at));
    held = Buffer.from(text.subarray(at));
    return Buffer.concat(out);
  }

  return { push: (bytes) => run(Buffer.concat([held, bytes]), false), end: () => run(held, true) };
}

/**
 * Returns the text with all forms of the secrets masked: for all text that leaves the runner outside the shipped
 * streams.
 */
export type Mask = (text: string) => string;

export function createMask(secrets: readonly string[]): Mask {
  const finder = finderOf(secrets);
  return (text) => {
    const masker = maskerFor(finder);
    return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString('utf8');
  };
}

/**
 * The manifest as reported to the API. In storage the names stay unmasked: a training looks for its checkpoint by name.
 */
export function maskedManifest(manifest: CheckpointManifest, mask: Mask): CheckpointManifest {
  const files = manifest.files.map((file) => ({ ...file, path: mask(file.path) }));
  return { ...manifest, name: mask(manifest.name), files };
}
