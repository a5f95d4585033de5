import type { LineageGraph, LineageNodeView } from '@artenic/core';
import type { Look, Tone } from './look.ts';
import { printable } from './printable.ts';

type Place = { readonly kind: string; readonly id: string };
type Child = { readonly place: Place; readonly note: string };

const keyOf = ({ kind, id }: Place): string => `${kind} ${id}`;

const tones = new Map<string, Tone>([
  ...[['production', 'ok'] as const, ['succeeded', 'ok'] as const, ['failed', 'bad'] as const],
  ...[['running', 'info'] as const, ['staging', 'warn'] as const],
]);

/** Things next to each one in a direction, with what the edge says beyond the kinds. */
function childrenOf(graph: LineageGraph, way: 'up' | 'down'): ReadonlyMap<string, readonly Child[]> {
  const children = new Map<string, Child[]>();
  for (const { source, target, relation, origin, paths } of graph.edges) {
    const [parent, place] = way === 'up' ? [target, source] : [source, target];
    const notes = [
      ...(relation === 'derived' ? ['derived'] : []),
      ...(origin === 'declared' ? ['declared'] : []),
      ...(paths === null ? [] : [`only ${paths.join(', ')}`]),
    ];
    const some = children.get(keyOf(parent)) ?? [];
    children.set(keyOf(parent), [...some, { place, note: notes.join(', ') }]);
  }
  return children;
}

function nodeText(look: Look, { kind, name, state, deleted }: LineageNodeView, note = ''): string {
  const shown = state === null ? '' : ` ${look.paint(tones.get(state) ?? null, state)}`;
  const more = [...(deleted ? ['deleted'] : []), ...(note === '' ? [] : [note])].join(', ');
  const label = `${look.paint('muted', kind)} ${printable(name)}${shown}`;
  return more === '' ? label : `${label} ${look.paint('muted', `(${printable(more)})`)}`;
}

/** Lines below a node. Each node has its branches once; where it comes again, only its name stands. */
function branches(look: Look, graph: LineageGraph, start: LineageNodeView, way: 'up' | 'down'): readonly string[] {
  const nodes = new Map(graph.nodes.map((node) => [keyOf(node), node]));
  const children = childrenOf(graph, way);
  const seen = new Set<string>();
  const lines: string[] = [];
  const draw = (key: string, indent: string): void => {
    const below = (children.get(key) ?? []).filter(({ place }) => nodes.has(keyOf(place)));
    for (const [index, { place, note }] of below.entries()) {
      const node = nodes.get(keyOf(place));
      if (node === undefined) continue;
      const isLast = index === below.length - 1;
      const isKnown = seen.has(keyOf(node));
      seen.add(keyOf(node));
      lines.push(`${indent}${isLast ? '└─' : '├─'} ${nodeText(look, node, note)}`);
      if (!isKnown) draw(keyOf(node), `${indent}${isLast ? '   ' : '│  '}`);
    }
  };
  seen.add(keyOf(start));
  draw(keyOf(start), '');
  return lines;
}

/** The start, below it what came from it, and above that what it came from. */
export function lineageTree(look: Look, graph: LineageGraph): string {
  const start = graph.nodes.find(({ depth }) => depth === 0);
  if (start === undefined) return 'No lineage.';
  const [up, down] = [branches(look, graph, start, 'up'), branches(look, graph, start, 'down')];
  return [
    nodeText(look, start),
    ...(up.length === 0 ? [] : [look.paint('heading', 'Came from'), ...up]),
    ...(down.length === 0 ? [] : [look.paint('heading', 'Led to'), ...down]),
    ...(up.length + down.length === 0 ? ['Nothing is known of where it came from or what came from it.'] : []),
    ...(graph.truncated ? ['There is more: raise --limit, or start from one of these.'] : []),
  ].join('\n');
}
