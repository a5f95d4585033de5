import type { LineageGraph, LineageKind, LineageNodeView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement, type ReactNode } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { levelsOf, neighboursOf, placeKey } from './lineage-levels.ts';
import { lineageQuery, type LineagePlace } from './lineage-query.ts';

const kinds: Readonly<Record<LineageKind, readonly [word: string, icon: IconName]>> = {
  dataset: ['Dataset', 'data'],
  'dataset-version': ['Dataset version', 'data'],
  run: ['Run', 'training'],
  model: ['Model', 'models'],
  'model-version': ['Model version', 'box'],
  stage: ['Stage', 'bolt'],
  feature: ['Feature', 'columns'],
  artifact: ['Artifact', 'file'],
};

const linkClass = 'font-medium wrap-anywhere hover:underline';

/** The name of a node, as a link to its page where it has one. */
function NodeName({ node }: { readonly node: LineageNodeView }): ReactNode {
  const { kind, id, name, deleted } = node;
  const at = id.lastIndexOf('@');
  const version = Number(id.slice(at + 1));
  if (deleted) return <span className="wrap-anywhere text-muted line-through">{name}</span>;
  switch (kind) {
    case 'dataset':
      return (
        <Link to="/datasets/$name" params={{ name }} search={{}} className={linkClass}>
          {name}
        </Link>
      );
    case 'dataset-version':
      return (
        <Link
          to="/datasets/$name"
          params={{ name: name.slice(0, name.lastIndexOf('@')) }}
          search={{ version }}
          className={linkClass}
        >
          {name}
        </Link>
      );
    case 'run':
      return (
        <Link to="/runs/$runId" params={{ runId: id }} className={linkClass}>
          {name}
        </Link>
      );
    case 'model':
      return (
        <Link to="/models/$name" params={{ name: id }} search={{}} className={linkClass}>
          {name}
        </Link>
      );
    case 'model-version':
      return (
        <Link to="/models/$name" params={{ name: id.slice(0, at) }} search={{ version }} className={linkClass}>
          {name}
        </Link>
      );
    case 'stage':
      return (
        <Link to="/models/$name" params={{ name: id.slice(0, at) }} search={{}} className={linkClass}>
          {id.slice(at + 1)}
        </Link>
      );
    case 'feature':
    case 'artifact':
      return <span className="font-medium wrap-anywhere">{name}</span>;
  }
}

type NodeProps = {
  readonly node: LineageNodeView;
  readonly from: readonly string[];
  readonly isMarked: boolean;
  readonly onPoint: (isIn: boolean) => void;
  readonly onCentre: () => void;
};

function NodeCard({ node, from, isMarked, onPoint, onCentre }: NodeProps): ReactElement {
  const [word, icon] = kinds[node.kind];
  const isStart = node.depth === 0;
  const tone = isStart ? 'border-accent' : isMarked ? 'border-accent/60 bg-accent/5' : 'border-line';
  return (
    <li
      onPointerEnter={() => onPoint(true)}
      onPointerLeave={() => onPoint(false)}
      onFocus={() => onPoint(true)}
      onBlur={() => onPoint(false)}
      aria-current={isStart ? 'true' : undefined}
      className={`flex items-start gap-2 rounded-md border bg-surface p-2.5 text-sm transition-colors ${tone}`}
    >
      <Icon name={icon} className="mt-0.5 size-4 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
          {word}
          {node.state !== null && <span>{node.state}</span>}
          {node.deleted && <Badge tone="warn">Deleted</Badge>}
        </p>
        <p>
          <NodeName node={node} />
        </p>
        {from.length > 0 && (
          <p className="line-clamp-2 text-xs wrap-anywhere text-muted" title={from.join(', ')}>
            from {from.join(', ')}
          </p>
        )}
      </div>
      {!isStart && node.kind !== 'stage' && node.kind !== 'artifact' && !node.deleted && (
        <IconButton icon="search" label={`Show the lineage of ${node.name}`} onClick={onCentre} />
      )}
    </li>
  );
}

function levelTitle(depth: number): string {
  if (depth === 0) return 'This';
  const steps = Math.abs(depth) === 1 ? '1 step' : `${Math.abs(depth)} steps`;
  return depth < 0 ? `Came from, ${steps}` : `Came from it, ${steps}`;
}

function Levels({
  graph,
  onCentre,
}: {
  readonly graph: LineageGraph;
  readonly onCentre: (place: LineagePlace) => void;
}) {
  const [pointed, setPointed] = useState<string | null>(null);
  const marked = pointed === null ? new Set<string>() : neighboursOf(graph.edges, pointed);
  const names = new Map(graph.nodes.map((node) => [placeKey(node), node.name]));
  return (
    <div className="overflow-x-auto p-4">
      <ol className="grid grid-cols-1 gap-4 lg:auto-cols-[minmax(10.5rem,1fr)] lg:grid-flow-col lg:grid-cols-none">
        {levelsOf(graph).map(({ depth, nodes }) => (
          <li key={depth}>
            <h3 className="mb-2 text-xs font-medium text-muted">{levelTitle(depth)}</h3>
            <ul className="grid gap-2">
              {nodes.map((node) => {
                const key = placeKey(node);
                const from = graph.edges
                  .filter(({ target }) => placeKey(target) === key)
                  .map(({ source, paths }) => {
                    const name = names.get(placeKey(source)) ?? source.id;
                    return paths === null ? name : `${name} (${paths.join(', ')})`;
                  });
                return (
                  <NodeCard
                    key={key}
                    {...{ node, from }}
                    isMarked={marked.has(key)}
                    onPoint={(isIn) => setPointed(isIn ? key : null)}
                    onCentre={() => onCentre(node)}
                  />
                );
              })}
            </ul>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The origins of a thing and the things made from it, as levels to walk through: each node can become the centre. */
export function LineagePanel({ kind, id }: LineagePlace): ReactElement {
  const [centre, setCentre] = useState<LineagePlace | null>(null);
  const query = useQuery(lineageQuery(centre ?? { kind, id }));
  return (
    <QueryPanel query={query} skeleton={<Skeleton className="m-4 h-32" />}>
      {(graph) => (
        <div aria-busy={query.isPlaceholderData} className={query.isPlaceholderData ? 'opacity-60' : ''}>
          {centre !== null && (
            <div className="flex justify-end px-4 pt-3">
              <Button size="sm" icon="recover" onClick={() => setCentre(null)}>
                Back to this page
              </Button>
            </div>
          )}
          <Levels graph={graph} onCentre={({ kind: next, id: nextId }) => setCentre({ kind: next, id: nextId })} />
          {graph.nodes.length <= 1 && (
            <p className="px-4 pb-4 text-sm text-muted">
              No lineage yet. A job that names a dataset version, and the model that it registers, appear here.
            </p>
          )}
          {graph.truncated && (
            <p className="border-t border-line px-4 py-2 text-xs text-muted">
              The list is cut. Show the lineage of a node to see what is beyond it.
            </p>
          )}
        </div>
      )}
    </QueryPanel>
  );
}
