import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { errorTable } from '../../../core/errors.ts';
import { pathOfFile, readDocs } from '../../../web/docs/read.ts';
import { pageTopics, sectionOfError, topicOfPage } from '../../../web/src/features/help/page-topics.ts';
import { searchTopics } from '../../../web/src/features/help/topic-search.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const docs = readDocs(root);
const places = new Set(
  docs.flatMap(({ path, blocks }) => [
    path,
    ...blocks.flatMap((block) => (block.kind === 'heading' ? [`${path}#${block.id}`] : [])),
  ]),
);

function linksIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(linksIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'kind' in value && value.kind === 'link' && 'href' in value ? [String(value.href)] : [];
  return [...own, ...Object.values(value).flatMap(linksIn)];
}

test('every link of every page leads to a page and a section that exist', () => {
  const links = docs.flatMap(({ path, blocks }) => linksIn(blocks).map((href) => [path, href] as const));
  const inside = links.filter(([, href]) => href.startsWith('/help/'));
  expect(inside.length).toBeGreaterThan(100);
  expect(inside.filter(([, href]) => !places.has(href.slice('/help/'.length)))).toEqual([]);
  expect(
    links.filter(([, href]) => !/^(?:\/help\/|https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost))/.test(href)),
  ).toEqual([]);
});

test('every page of the dashboard and every type of error has its section', () => {
  const targets = [topicOfPage('/'), ...pageTopics.map(([start]) => topicOfPage(start))];
  for (const type of [...Object.keys(errorTable).map((one) => `urn:artenic:error:${one}`), null])
    targets.push(sectionOfError(type));
  expect(targets.map((target) => places.has(`${target?.path}#${target?.anchor}`))).toEqual(targets.map(() => true));
  expect(topicOfPage('/jobs/0199')?.anchor).toBe('a-job');
  expect(sectionOfError('urn:artenic:error:of-a-later-version')).toBeNull();
});

test('text of a page stays text, and other files of the repository are no links', () => {
  const page = docs.find(({ path }) => path === 'contents');
  expect(page?.title).toBe('Documentation');
  expect(pathOfFile(root, `${root}docker-compose.yml`)).toBeNull();
  expect(JSON.stringify(docs.map(({ blocks }) => blocks))).not.toMatch(/&(?:lt|gt|amp|quot);/);
});

test('the search finds pages before sections, by every word', () => {
  const found = searchTopics(docs, 'troubleshooting');
  expect(found[0]).toEqual({ path: 'troubleshooting', title: 'Troubleshooting', section: null });
  expect(searchTopics(docs, 'temporary error')[0]?.section?.id).toBe('temporary-error');
  expect(searchTopics(docs, ' ')).toEqual([]);
  expect(searchTopics(docs, 'no-such-word-anywhere')).toEqual([]);
});
