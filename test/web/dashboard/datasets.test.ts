import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { createDataActivities } from '../../../activities/datasets/profile-files.ts';
import { openProcessFolder } from '../../../activities/process-folder.ts';
import { profileFile } from '../../../profiling/profile-file.ts';
import type { ApiWorld } from '../../api/harness.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';
import { settled, visit } from './browser.ts';
import { startDashboard } from './world.ts';

let world: ApiWorld;
let browser: Browser;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'artenic-folders-'));
  [world, browser] = await Promise.all([startDashboard(), launchChromium()]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await world.close();
  await rm(home, { recursive: true });
});

/** A folder on this machine, `<name>` in a folder of its own. */
async function folderOf(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await mkdtemp(join(home, 'one-')), name);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** Drops files on the page as a browser does for a folder. `files` name their paths below it. */
async function drop(page: Page, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await page.evaluate(
    ([folder, entries]) => {
      const fileEntry = (path: string, content: string) => ({
        ...{ isFile: true, isDirectory: false, name: path.split('/').at(-1) },
        file: (done: (file: File) => void) => done(new File([content], path, { lastModified: 1 })),
      });
      const folderEntry = (own: string, prefix: string): object => ({
        ...{ isFile: false, isDirectory: true, name: own },
        createReader: () => {
          let isRead = false;
          const children = () => {
            const names = Object.keys(entries)
              .filter((path) => path.startsWith(prefix))
              .map((path) => path.slice(prefix.length).split('/'));
            const folders = [...new Set(names.filter(({ length }) => length > 1).map(([first]) => first ?? ''))];
            return [
              ...folders.map((child) => folderEntry(child, `${prefix}${child}/`)),
              ...names
                .filter(({ length }) => length === 1)
                .map(([child = '']) => fileEntry(prefix + child, entries[prefix + child] ?? '')),
            ];
          };
          return {
            readEntries: (take: (part: readonly object[]) => void) => {
              const part = isRead ? [] : children();
              isRead = true;
              take(part);
            },
          };
        },
      });
      const event = new DragEvent('drop', { bubbles: true, cancelable: true });
      Object.defineProperty(event, 'dataTransfer', {
        value: {
          types: ['Files'],
          items: [{ kind: 'file', webkitGetAsEntry: () => folderEntry(folder, '') }],
          files: [],
        },
      });
      document.body.dispatchEvent(event);
    },
    [name, files] as const,
  );
}

const rowNames = (page: Page) =>
  page.locator('[data-row]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-row')));
const card = (page: Page, folder: string) => page.getByRole('region', { name: `Upload of ${folder}` });

test('a folder dropped on the list becomes a dataset, a second one its next version, with changes, restore and tags', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/datasets');
  await page.getByText('No dataset yet').waitFor();
  const files = {
    'train/a.csv': 'x,y\n1,2\n',
    'train/b.csv': 'x,y\n3,4\n',
    'readme.md': 'hello',
    'cache/tmp.bin': 'left out',
    '.artenicignore': 'cache/\n',
  };
  await drop(page, 'My Reviews', files);
  const dialog = page.getByRole('dialog');
  await eventually(() => dialog.getByLabel('Name').inputValue(), 'my-reviews');
  await dialog.getByText('Left out: cache').waitFor();
  await dialog.getByLabel('Name').fill('reviews');
  await dialog.getByLabel('Message').fill('First rows');
  await dialog.getByRole('button', { name: 'Upload folder' }).click();
  await page.getByRole('heading', { level: 1, name: 'reviews' }).waitFor();
  await card(page, 'My Reviews').getByText('Version 1: 3 added, 0 changed, 0 removed.').waitFor();
  await eventually(() => rowNames(page), ['readme.md', 'train']);
  await page.locator('[data-row="train"] a').first().press('Enter');
  await eventually(() => rowNames(page), ['train/a.csv', 'train/b.csv']);
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download train/a.csv' }).click();
  expect((await downloading).suggestedFilename()).toBe('a.csv');
  await page.getByLabel('Path starts with').fill('READ');
  await eventually(() => rowNames(page), ['readme.md']);

  const second = await folderOf('My Reviews', {
    'train/a.csv': 'x,y\n5,6\n',
    'test/c.csv': 'x,y\n',
    'readme.md': 'hello',
  });
  await page.getByLabel('Choose folder').setInputFiles(second);
  await dialog.getByText('Upload version 2 of reviews').waitFor();
  await dialog.getByLabel('Message').fill('Better rows');
  await dialog.getByRole('button', { name: 'Upload folder' }).click();
  await card(page, 'My Reviews').getByText('Version 2: 1 added, 1 changed, 1 removed.').waitFor();
  await card(page, 'My Reviews').getByRole('link', { name: 'Show the changes' }).click();
  const changes = page.getByRole('region', { name: 'Changes' });
  await eventually(
    () => changes.locator('tbody tr').allInnerTexts(),
    ['Added\ttest/c.csv\t4 B', 'Changed\ttrain/a.csv\t8 B → 8 B', 'Removed\ttrain/b.csv\t8 B'],
  );
  await page.getByRole('button', { name: 'Restore version 1' }).click();
  await dialog.getByRole('button', { name: 'Restore version 1' }).click();
  await page.getByText('reviews v3 has the files of v1').waitFor();
  await changes.getByLabel('From version').selectOption('v1');
  await changes.getByLabel('To version').selectOption('v3');
  await changes.getByText('Both versions have the same files.').waitFor();

  await page.getByRole('button', { name: 'Add tag' }).click();
  await dialog.getByLabel('Tag').fill('latest');
  await dialog.getByRole('button', { name: 'Add tag' }).click();
  await dialog.getByText('`latest` is always the newest version').waitFor();
  await dialog.getByLabel('Tag').fill('reviewed');
  await dialog.getByLabel('Version').selectOption({ index: 1 });
  await dialog.getByRole('button', { name: 'Add tag' }).click();
  const tags = page.getByRole('list', { name: 'Tags' });
  await tags.getByText('v2').waitFor();
  await tags.getByRole('button', { name: 'Move reviewed' }).click();
  await dialog.getByRole('button', { name: 'Move tag' }).click();
  await tags.getByText('v3').waitFor();
  await tags.getByRole('button', { name: 'Remove the tag reviewed' }).click();
  await page.getByText('No tags.').waitFor();
  await page.getByRole('button', { name: 'History' }).click();
  const history = page.getByRole('list', { name: 'History of the tags' });
  await eventually(
    async () => (await history.getByRole('listitem').allInnerTexts()).map((text) => text.split(' by ')[0]),
    ['reviewed removed from v3', 'reviewed moved from v2 to v3', 'reviewed set to v2'],
  );
  expect(problems).toEqual([]);
  await close();
});

async function uploaded(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const made = await world.call('POST', '/api/v1/datasets', { body: { name } });
  await addVersion(name, files);
  return made.json<{ id: string }>().id;
}

async function addVersion(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const put = [];
  for (const [path, content] of Object.entries(files)) {
    const body = Buffer.from(content);
    const sha256 = createHash('sha256').update(body).digest('hex');
    await world.call('PUT', `/api/v1/objects/data/${sha256}`, { body });
    put.push({ path, sha256, bytes: body.length });
  }
  const answer = await world.call('POST', `/api/v1/datasets/${name}/versions`, { body: { put } });
  expect(answer.status).toBe(201);
}

const many = Object.fromEntries(
  Array.from({ length: 24 }, (_none, index) => [`part-${index % 3}/${index}.txt`, `content ${index}`]),
);

test('a reload in the middle of an upload continues it with the same folder, and sends nothing twice', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  const sent: string[] = [];
  let mayPass = 8;
  await page.route('**/api/v1/signed-objects/**', async (route) => {
    if (mayPass === 0) return;
    mayPass--;
    sent.push(new URL(route.request().url()).pathname);
    await route.continue();
  });
  await page.goto('/datasets');
  await settled(page);
  await drop(page, 'Many', many);
  await page.getByRole('button', { name: 'Upload folder' }).click();
  await card(page, 'Many').getByText('8 of 24 new contents').waitFor();
  expect(
    await card(page, 'Many').getByRole('list', { name: 'Files that are being sent' }).getByRole('listitem').count(),
  ).toBe(6);
  await card(page, 'Many').getByRole('button', { name: 'Pause' }).click();
  await card(page, 'Many').getByText('Paused').waitFor();
  await page.reload();
  await card(page, 'Many').getByText('Interrupted').waitFor();
  mayPass = 100;
  await drop(page, 'Many', many);
  await card(page, 'Many').getByText('Version 1: 24 added').waitFor();
  expect(sent.length).toBe(24);
  expect(new Set(sent).size).toBe(24);
  await page.reload();
  await settled(page);
  expect(await card(page, 'Many').count()).toBe(0);
  expect(problems).toEqual([]);
  await close();
});

test('names that a dataset refuses are told before anything is sent, and a version that came first is built upon', async () => {
  await uploaded('races', { 'a.txt': 'a' });
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/datasets/races');
  await settled(page);
  const dialog = page.getByRole('dialog');
  await drop(page, 'bad', { 'A.txt': '1', 'sub/b.txt': '2', 'a.txt': '3', 'back\\slash': '4' });
  await eventually(
    () => dialog.getByRole('list', { name: 'Refused names' }).getByRole('listitem').allInnerTexts(),
    ['a.txt differs from "A.txt" only by case or normal form', 'back\\slash has a backslash in its name'],
  );
  expect(await dialog.getByRole('button', { name: 'Upload folder' }).isDisabled()).toBe(true);
  await page.keyboard.press('Escape');

  await drop(page, 'good', { 'a.txt': 'a', 'mine.txt': 'mine' });
  await dialog.getByRole('radio', { name: /^Add/ }).check();
  await addVersion('races', { 'theirs.txt': 'theirs' });
  await dialog.getByRole('button', { name: 'Upload folder' }).click();
  const upload = card(page, 'good');
  await upload.getByText('Another version came first').waitFor();
  await upload.getByRole('alert').waitFor();
  await upload.getByRole('button', { name: 'Upload on top' }).click();
  await upload.getByText('Version 3: 1 added, 0 changed, 0 removed.').waitFor();
  await eventually(() => rowNames(page), ['a.txt', 'mine.txt', 'theirs.txt']);
  expect(problems).toEqual([]);
  await close();
});

test('a purged file is marked, a dataset is found by the palette, renamed, archived and deleted', async () => {
  await uploaded('secret-rows', { 'a.txt': 'keep', 'b.txt': 'remove me' });
  await world.call('POST', '/api/v1/datasets/secret-rows/purge', { body: { path: 'b.txt', reason: 'asked for' } });
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/');
  await settled(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('secret');
  await page.getByRole('option', { name: /secret-rows/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'secret-rows' }).waitFor();
  const purged = page.locator('[data-row="b.txt"]');
  await purged.getByText('Purged').waitFor();
  expect(await purged.getByRole('link').count()).toBe(0);
  expect(await page.locator('[data-row="a.txt"]').getByRole('link', { name: 'Download a.txt' }).count()).toBe(1);
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('public-rows');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('heading', { level: 1, name: 'public-rows' }).waitFor();
  await page.getByRole('button', { name: 'Archive dataset' }).click();
  await page.getByText('Archived', { exact: true }).waitFor();
  expect(await page.getByLabel('Choose folder').count()).toBe(0);
  await page.getByRole('button', { name: 'Delete dataset' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Delete dataset' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Type public-rows to confirm').fill('public-rows');
  await dialog.getByRole('button', { name: 'Delete dataset' }).click();
  await page.waitForURL('**/datasets');
  await settled(page);
  expect(await page.getByRole('link', { name: 'public-rows' }).count()).toBe(0);
  expect(problems).toEqual([]);
  await close();
});

/** Profiles a version as the worker does. */
async function profile(name: string, version = 1): Promise<void> {
  const { id } = await world.store.datasets.get('default', name);
  const activities = createDataActivities({
    ...{ store: world.store, storage: world.deps.storage, now: () => new Date() },
    inTemporaryFolder: await openProcessFolder(home),
    readTable: profileFile,
  });
  const { next: _none, ...counts } = await activities.profileFiles({ datasetId: id, version, after: null, done: 0 });
  await activities.finishProfiles({ datasetId: id, version, ...counts });
}

const tables = {
  'rows.csv': `id,colour\n${Array.from({ length: 120 }, (_none, row) => `${row},${row % 3 === 0 ? 'red' : 'blue'}`).join('\n')}\n`,
  'broken.csv': `id,word\n${'1,red\n'.repeat(3)}2\n`,
};

test('columns with histograms; rows by pages, sorted, filtered and searched; a broken file names its row', async () => {
  await uploaded('tables', tables);
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/datasets/tables?tab=data&path=rows.csv');
  await page.getByText('The file is being read.').waitFor();
  await profile('tables');
  const columns = page.getByRole('region', { name: 'Table of columns' });
  await columns.getByRole('img', { name: /^Histogram of id: from 0 to 119/ }).waitFor();
  const colour = await columns.getByRole('row', { name: /^colour/ }).innerText();
  for (const part of ['VARCHAR', '≈ 2', 'blue 80', 'red 40']) expect(colour).toContain(part);
  const card = page.getByRole('region', { name: 'Rows', exact: true });
  const rows = card.getByRole('region', { name: 'Table of rows' });
  const ids = () => rows.locator('tbody tr td:nth-child(2)').allInnerTexts();
  await card.getByText('1–50 of 120').waitFor();
  await card.getByRole('button', { name: 'Next' }).click();
  await card.getByText('51–100 of 120').waitFor();
  await rows.getByRole('button', { name: 'id' }).click();
  await rows.getByRole('button', { name: 'id' }).click();
  await eventually(async () => (await ids()).slice(0, 3), ['119', '118', '117']);
  await card.getByLabel('Column of the filter').selectOption('colour');
  await card.getByLabel('Value of the filter').fill('red');
  await card.getByLabel('Value of the filter').press('Enter');
  await card.getByText('1–40 of 40').waitFor();
  await eventually(async () => (await ids()).slice(0, 3), ['117', '114', '111']);
  await card.getByLabel('Search the rows').fill('11');
  await eventually(ids, ['117', '114', '111']);
  await page.reload();
  await eventually(ids, ['117', '114', '111']);
  await page.getByLabel(/^File of the newest version/).selectOption('broken.csv');
  await page.getByRole('region', { name: 'Not readable' }).getByText('row 5').waitFor();
  expect(problems).toEqual([]);
  await close();
});

test('the lineage leads from data to the model and back', async () => {
  await uploaded('origin', { 'a.txt': 'a' });
  await world.store.models.register({
    ...{ model: 'descendant', projectId: 'default', format: 'onnx', sha256: 'a'.repeat(64), bytes: 1, jobId: null },
    ...{ signature: { inputs: [], outputs: [], labels: null }, metrics: {}, createdBy: 'admin', createdAt: new Date() },
  });
  const run = await world.call('POST', '/api/v1/runs', {
    body: {
      ...{ name: 'elsewhere', status: 'succeeded', metrics: { accuracy: 0.5 } },
      inputs: [{ kind: 'dataset-version', id: 'origin@1' }],
      outputs: [{ kind: 'model-version', id: 'descendant@1' }],
    },
  });
  expect(run.status).toBe(201);
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/datasets/origin?tab=lineage');
  await settled(page);
  const panel = page.getByRole('region', { name: 'Lineage' });
  await panel.getByRole('heading', { name: 'Came from it, 3 steps' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await panel.getByRole('button', { name: 'Show the lineage of descendant@1' }).press('Enter');
  await panel.getByRole('heading', { name: 'Came from, 1 step' }).waitFor();
  await panel.getByRole('link', { name: 'elsewhere' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'elsewhere' }).waitFor();
  await page.getByText('accuracy').waitFor();
  await page.getByRole('region', { name: 'Lineage' }).getByRole('link', { name: 'descendant@1' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'descendant' }).waitFor();
  await page.getByRole('region', { name: 'Lineage' }).getByRole('link', { name: 'origin@1' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'origin' }).waitFor();
  await eventually(() => rowNames(page), ['a.txt']);
  expect(problems).toEqual([]);
  await close();
});

test.each([
  ['light', 1280],
  ['dark', 320],
] as const)('%s, %d px: accessible, and nothing overflows', async (theme, width) => {
  const name = `look-${theme}`;
  await uploaded(name, { ...tables, 'a-long-folder-name/another-long-folder-name/file.csv': 'x', 'b.txt': 'y' });
  await profile(name);
  await addVersion(name, { 'b.txt': 'z' });
  await world.call('PUT', `/api/v1/datasets/${name}/tags/reviewed`, { body: { version: 1 } });
  const { page, problems, close } = await visit(browser, world.url, world.key, { theme, width });
  // On a phone, covered content can be scrolled out from under the bars; at this height no content is covered.
  await page.setViewportSize({ width, height: 3000 });
  const folder = 'a-long-folder-name%2Fanother-long-folder-name';
  for (const path of [
    '',
    `/${name}`,
    `/${name}?folder=${folder}`,
    `/${name}?tab=versions&diff=2`,
    `/${name}?tab=data&version=1&path=rows.csv`,
    `/${name}?tab=lineage`,
    `/${name}?tab=settings`,
  ]) {
    await page.goto(`/datasets${path}`);
    await settled(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect({ path, overflow, violations: await violations(page) }).toEqual({ path, overflow: 0, violations: [] });
  }
  await page.goto(`/datasets/${name}`);
  await settled(page);
  await drop(page, 'bad', { 'A.txt': '1', 'a.txt': '3' });
  await page.getByRole('list', { name: 'Refused names' }).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(problems).toEqual([]);
  await close();
});
