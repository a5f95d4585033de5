import { expect, test } from '@jest/globals';
import { lineageKinds, lineageRelations } from '@artenic/core';
import fc from 'fast-check';
import {
  faultOfLink,
  keyOfPlace,
  lineagePlace,
  ownerOf,
  partsOfVersion,
  relationRules,
  type LineageLink,
  type LineagePlace,
} from '../../../core/lineage/relations.ts';
import { walk, type EdgesAt, type WalkWay } from '../../../core/lineage/walk.ts';

const place = fc.nat({ max: 9 }).map((number) => lineagePlace.artifact(String(number)));
const link: fc.Arbitrary<LineageLink> = fc.record({
  source: place,
  target: place,
  relation: fc.constantFrom('derived', 'output'),
});
const links = fc.uniqueArray(link, {
  maxLength: 30,
  selector: ({ source, target, relation }) => `${source.id} ${target.id} ${relation}`,
});
const ways = fc.constantFrom<readonly WalkWay[]>(['up'], ['down'], ['up', 'down']);

/** Edges of a list, the last ones first, as the store answers. */
const edgesOf =
  (all: readonly LineageLink[]): EdgesAt<LineageLink> =>
  async (nodes, way, limit) => {
    const keys = new Set(nodes.map(keyOfPlace));
    const isAt = (edge: LineageLink) => keys.has(keyOfPlace(way === 'up' ? edge.target : edge.source));
    return all.toReversed().filter(isAt).slice(0, limit);
  };

/** Distances from the start by repeated relaxation, and all edges on the way: slow, and without a limit. */
function naive(all: readonly LineageLink[], start: LineagePlace, way: WalkWay, depth: number) {
  const distances = new Map([[keyOfPlace(start), 0]]);
  for (let round = 0; round < depth; round++)
    for (const edge of all) {
      const [from, to] = way === 'up' ? [edge.target, edge.source] : [edge.source, edge.target];
      const before = distances.get(keyOfPlace(from));
      if (before === round && !distances.has(keyOfPlace(to))) distances.set(keyOfPlace(to), round + 1);
    }
  const edges = all.filter((edge) => {
    const from = distances.get(keyOfPlace(way === 'up' ? edge.target : edge.source));
    return from !== undefined && from < depth;
  });
  return { distances, edges };
}

test('without a limit in reach the walk finds what a naive one finds, in graphs with any cycles', async () => {
  await fc.assert(
    fc.asyncProperty(links, place, ways, fc.nat({ max: 6 }), async (all, start, some, depth) => {
      const limits = { depth, nodes: 100, edges: 100 };
      const walked = await walk(start, some, limits, edgesOf(all));
      expect(walked.isTruncated).toBe(false);
      const wanted = some.map((way) => ({ way, ...naive(all, start, way, depth) }));
      const nodes = new Set(wanted.flatMap(({ distances }) => [...distances.keys()]));
      expect(new Set(walked.nodes.map(keyOfPlace))).toEqual(nodes);
      expect(walked.nodes).toHaveLength(nodes.size);
      expect(new Set(walked.edges)).toEqual(new Set(wanted.flatMap(({ edges }) => edges)));
      for (const node of walked.nodes) {
        const way = node.depth < 0 ? 'up' : 'down';
        const found = wanted.find((one) => one.way === way) ?? wanted[0];
        expect(Math.abs(node.depth)).toBe(found?.distances.get(keyOfPlace(node)));
      }
    }),
  );
});

test('whatever the limits, the answer keeps them, says what is missing, and has both ends of each edge', async () => {
  const limit = fc.integer({ min: 1, max: 12 });
  await fc.assert(
    fc.asyncProperty(links, place, ways, limit, limit, async (all, start, some, nodes, edges) => {
      const walked = await walk(start, some, { depth: 4, nodes, edges }, edgesOf(all));
      expect(walked.nodes.length).toBeLessThanOrEqual(nodes);
      expect(walked.edges.length).toBeLessThanOrEqual(edges);
      const keys = new Set(walked.nodes.map(keyOfPlace));
      for (const { source, target } of walked.edges)
        expect([keys.has(keyOfPlace(source)), keys.has(keyOfPlace(target))]).toEqual([true, true]);
      const whole = some.map((way) => naive(all, start, way, 4));
      const isWhole = whole.every(({ distances }) => [...distances.keys()].every((key) => keys.has(key)));
      if (!walked.isTruncated) expect(isWhole).toBe(true);
    }),
  );
});

test('the lists of kinds and relations are those of the rules, and each edge has one owner at its ends', () => {
  expect(Object.keys(relationRules).toSorted()).toEqual([...lineageRelations].toSorted());
  const kinds = new Set(Object.values(relationRules).flatMap(({ pairs }) => pairs.flat(2)));
  expect([...kinds].toSorted()).toEqual([...lineageKinds].toSorted());
  const version = { source: lineagePlace.dataset('d'), target: lineagePlace.datasetVersion('d', 1) } as const;
  expect(ownerOf({ ...version, relation: 'version' })).toEqual(lineagePlace.dataset('d'));
  const [run, file] = [lineagePlace.run('r'), lineagePlace.artifact('s3://bucket/file')];
  expect(ownerOf({ source: version.target, target: run, relation: 'input' })).toEqual(run);
  expect(ownerOf({ source: run, target: version.target, relation: 'output' })).toEqual(version.target);
  expect(ownerOf({ source: run, target: file, relation: 'output' })).toEqual(run);
});

test('edges that there cannot be are refused with the reason', () => {
  const [run, model] = [lineagePlace.run('r'), lineagePlace.model('m')];
  expect(faultOfLink({ source: model, target: run, relation: 'input' })).toBeNull();
  expect(faultOfLink({ source: model, target: run, relation: 'output' })).toBe(
    '`output` does not lead from a model to a run',
  );
  expect(faultOfLink({ source: model, target: model, relation: 'derived' })).toBe('model m cannot name itself');
  expect(
    faultOfLink({ source: model, target: lineagePlace.datasetVersion('d', 1), relation: 'version' }),
  ).not.toBeNull();
});

test('the parts of a version are found behind the last @', () => {
  expect(partsOfVersion('a@b@3')).toEqual({ parent: 'a@b', version: '3' });
  for (const id of ['a', '@3', 'a@', '']) expect(partsOfVersion(id)).toBeNull();
});
