import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Pair,
  type Range,
  type YAMLMap,
} from 'yaml';
import { numberLoss } from './number-loss.ts';

/** Line and column count from 1. */
export type Place = { readonly line: number; readonly column: number };
export type YamlFault = Partial<Place> & { readonly message: string };

export type JobYaml = {
  readonly faults: readonly YamlFault[];
  /** Call it only when there are no faults. */
  readonly toValue: () => unknown;
  /** Start of the value at `path`, or of its deepest existing ancestor; with `isKey`, the start of its key. */
  readonly placeOf: (path: readonly PropertyKey[], isKey: boolean) => Place | object;
};

const deepest = 100;
const mostFaults = 20;
/** The library searches all anchors for each alias. */
const mostAliases = 500;
/** Values that aliases may add to the written values. */
const mostRepeated = 50_000;

type Anchor = { readonly node: unknown; /** Null until the whole node has been read. */ weight: number | null };

function offsetOf(node: unknown): number {
  return (node as { readonly range?: Range | null } | null)?.range?.[0] ?? 0;
}

/** True for `<<` without quotes. */
function isMerge(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

function nameOf(key: unknown): string | null {
  if (!isScalar(key)) return null;
  return isMerge(key) ? '<<' : String(key.value);
}

/** Why the parsed number differs from the written one; null when it does not. */
function lossOf(node: unknown): string | null {
  return isScalar(node) && typeof node.value === 'number' ? numberLoss(node.value, node.source ?? '') : null;
}

/**
 * One walk over a document, linear in its length. It checks what the library accepts (deep nesting), finds only in
 * quadratic time (duplicate keys), or limits by a measure other than work (aliases).
 */
class Inspection {
  readonly faults: { readonly offset: number; readonly message: string }[] = [];
  readonly anchors = new Map<string, Anchor>();
  #aliases = 0;
  #repeated = 0;

  #fault(node: unknown, message: string): void {
    if (this.faults.length < mostFaults) this.faults.push({ offset: offsetOf(node), message });
  }

  /** Number of values in the node, with its aliases expanded. */
  weigh(node: unknown, depth = 0): number {
    if (isAlias(node)) return this.#weighAlias(node, node.source);
    if (depth > deepest) {
      this.#fault(node, `nested deeper than ${deepest} levels`);
      return 1;
    }
    const name = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    const anchor: Anchor = { node, weight: null };
    if (name !== undefined) this.anchors.set(name, anchor);
    let weight = 1;
    const loss = lossOf(node);
    if (loss !== null) this.#fault(node, loss);
    if (isSeq(node)) for (const item of node.items) weight += this.weigh(item, depth + 1);
    if (isMap(node)) {
      this.#checkKeys(node);
      for (const { key, value } of node.items) {
        const added = this.weigh(value, depth + 1);
        weight += added;
        if (isMerge(key)) this.#checkMerge(value, added);
      }
    }
    anchor.weight = weight;
    return weight;
  }

  #checkKeys(map: YAMLMap): void {
    const names = new Set<string>();
    for (const { key } of map.items) {
      const name = nameOf(key);
      const loss = lossOf(key);
      if (name === null) this.#fault(key, 'a field name is plain text');
      else if (loss !== null) this.#fault(key, loss);
      else if (names.has(name)) this.#fault(key, `the field "${name.slice(0, 100)}" is there twice`);
      else names.add(name);
    }
  }

  /**
   * `<<` takes a mapping or a list of mappings, each given by alias or inline. The library reads each of them again at
   * every use.
   */
  #checkMerge(value: unknown, weight: number): void {
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const node = isAlias(source) ? this.anchors.get(source.source)?.node : source;
      if (!isMap(node)) this.#fault(source, '"<<" takes the fields of a mapping; this value is not a mapping');
    }
    this.#repeat(value, weight);
  }

  #repeat(node: unknown, weight: number): void {
    this.#repeated += weight;
    if (this.#repeated > mostRepeated && this.#repeated - weight <= mostRepeated)
      this.#fault(node, `the aliases up to here repeat more than ${mostRepeated} values`);
  }

  #weighAlias(node: unknown, source: string): number {
    const anchor = this.anchors.get(source);
    if (anchor === undefined) this.#fault(node, `there is no anchor "${source.slice(0, 100)}" above this alias`);
    else if (anchor.weight === null) this.#fault(node, 'this alias is a part of what it refers to');
    const weight = anchor?.weight ?? 1;
    this.#aliases++;
    if (this.#aliases === mostAliases + 1) this.#fault(node, `more than ${mostAliases} aliases`);
    this.#repeat(node, weight);
    return weight;
  }
}

/** Finds places by an index of each map, built when a path first leads through it. */
class Places {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #anchors: ReadonlyMap<string, Anchor>;
  readonly #indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(document: Document, lines: LineCounter, anchors: ReadonlyMap<string, Anchor>) {
    this.#document = document;
    this.#lines = lines;
    this.#anchors = anchors;
  }

  #pairOf(map: YAMLMap, name: string): Pair | undefined {
    const index = this.#indexes.get(map) ?? new Map(map.items.map((pair) => [nameOf(pair.key) ?? '', pair]));
    this.#indexes.set(map, index);
    return index.get(name);
  }

  of(path: readonly PropertyKey[], isKey: boolean): Place | object {
    let node: unknown = this.#document.contents;
    let found = node;
    for (const [depth, part] of path.entries()) {
      if (isAlias(node)) node = this.#anchors.get(node.source)?.node;
      const pair = isMap(node) ? this.#pairOf(node, String(part)) : undefined;
      const value: unknown = isSeq(node) ? node.items[Number(part)] : pair?.value;
      if (pair === undefined && value === undefined) break;
      const isWanted = isKey && depth === path.length - 1;
      found = isWanted || value === null || value === undefined ? pair?.key : value;
      node = value;
    }
    return found === null || found === undefined ? {} : placeAt(this.#lines, offsetOf(found));
  }
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/**
 * Reads YAML (JSON is YAML, too) in time linear in its length. Finds the faults that make a text invalid under every
 * schema.
 */
export function readJobYaml(text: string): JobYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: true });
  const inspection = new Inspection();
  const errors = document.errors.slice(0, mostFaults).map(({ pos, message }) => ({
    ...placeAt(lines, pos[0]),
    // The library reports a stack overflow as a fault of the text.
    message: message.startsWith('Maximum call stack') ? `nested deeper than ${deepest} levels` : message,
  }));
  if (errors.length === 0) inspection.weigh(document.contents);
  const places = new Places(document, lines, inspection.anchors);
  return {
    faults: [...errors, ...inspection.faults.map(({ offset, message }) => ({ ...placeAt(lines, offset), message }))],
    toValue: () => document.toJS({ maxAliasCount: -1 }),
    placeOf: (path, isKey) => places.of(path, isKey),
  };
}
