import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView, ModelView } from '@artenic/core';
import type { Browser, Page } from 'playwright-core';
import { buildWeb } from '../../../scripts/web-build.mjs';
import { packFolder } from '../../../cli/job-file/pack.ts';
import { folderWith } from '../../cli/artenic.ts';
import { poll } from '../../support/poll.ts';
import { createStack, type Stack } from '../../support/stack.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { settled, visit } from './browser.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** When set, the tests also take the documentation's screenshots. */
const pictures = process.env['ARTENIC_SCREENSHOTS'];

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  buildWeb(root);
  stack = createStack();
  [browser] = await Promise.all([launchChromium(), stack.start([])]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await stack.destroy();
}, 60_000);

const url = (): string => stack.endpoints().api;
const signedIn = (options: Parameters<typeof visit>[3] = {}) => visit(browser, url(), stack.adminKey(), options);
const jobs = async (): Promise<readonly JobView[]> =>
  (await stack.request<{ items: JobView[] }>('GET', '/api/v1/jobs')).items;

/** All places where a secret could have been left. */
const traces = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [
      document.documentElement.outerHTML,
      ...[...document.querySelectorAll('input')].map((input) => input.value),
      JSON.stringify(Object.entries(localStorage)),
      JSON.stringify(Object.entries(sessionStorage)),
      JSON.stringify(history.state),
      location.href,
      document.cookie,
    ].join('\n'),
  );

test('the link that the start prints signs in, once, and leaves no trace', async () => {
  const link = await poll('the link', 10_000, async () =>
    /dashboard: (http:\/\/\S+\/sign-in#token=([\w-]+))/.exec(stack.output()),
  );
  const { page, problems, close } = await visit(browser, url(), null);
  await page.goto(link[1] ?? '');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(await traces(page)).not.toContain(link[2] ?? '');
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
  await page.context().clearCookies();
  await page.goto('about:blank');
  await page.goto(link[1] ?? '');
  await page.getByRole('alert').getByText('This link has expired or was used').waitFor();
  expect(problems).toEqual([]);
  await close();
}, 30_000);

test('a pasted key signs in, is nowhere afterwards, and signing out ends the session', async () => {
  const { page, problems, close } = await visit(browser, url(), null);
  await page.goto('/models?search=peng');
  await page.waitForURL(/\/sign-in\?to=/);
  await page.getByLabel('API key').fill('aa_live_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('API key').fill(stack.adminKey());
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
  expect(page.url()).toContain('search=peng');
  expect(await traces(page)).not.toContain(stack.adminKey());
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in to Artenic' }).waitFor();
  await page.goto('/');
  await page.waitForURL(/\/sign-in/);
  expect(problems).toEqual([]);
  await close();
}, 30_000);

/** Drops a folder or files of this machine on the page, as a file manager does. */
async function drop(page: Page, ...files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
}

test('a form is dispatched once, however often it is clicked, and its faults stand at their fields', async () => {
  const { page, problems, close } = await signedIn();
  await page.goto('/jobs');
  await settled(page);
  const before = (await jobs()).length;
  await page.keyboard.press('n');
  await page.getByRole('heading', { level: 1, name: 'Dispatch job' }).waitFor();
  const submit = page.getByRole('button', { name: 'Dispatch', exact: true });
  await submit.click();
  await page.getByText('Enter a service.').waitFor();
  await page.getByText('Enter a command.').waitFor();
  const focused = (): Promise<string> =>
    page.evaluate(() => (document.activeElement as HTMLInputElement).labels?.[0]?.textContent ?? '');
  expect(await focused()).toBe('Service');
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Service').fill('from-the-form');
  await page
    .getByLabel('Command')
    .fill(
      'echo "hello from <b>the job</b>"; echo \'{"step":1,"loss":0.5}\' >> $ARTENIC_METRICS_FILE; cat $ARTENIC_DATA_DIR/texts/words.txt; sleep 1',
    );
  await page
    .getByLabel('Add files')
    .setInputFiles({ name: 'words.txt', mimeType: 'text/plain', buffer: Buffer.from('seven words of data\n') });
  await page.getByLabel('Path under ARTENIC_DATA_DIR').fill('../words.txt');
  await page.getByLabel('Cores').fill('9999');
  await submit.click();
  await page.getByRole('listitem').locator('[aria-invalid="true"]').waitFor();
  await page.getByLabel('Path under ARTENIC_DATA_DIR').fill('texts/words.txt');
  await page.getByLabel('Cores').fill('1000');
  await submit.click();
  // The API's answer stands at the field that it names.
  await page.getByRole('alert').getByText('The job needs 1000 cores').waitFor();
  await page.getByText('Local has', { exact: false }).first().waitFor();
  await page.getByLabel('Cores').fill('1');
  await submit.dblclick();
  await page.getByRole('heading', { level: 1, name: 'from-the-form' }).waitFor();
  await page.locator('main').getByText('Succeeded').first().waitFor({ timeout: 30_000 });
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.getByText('hello from <b>the job</b>', { exact: true }).waitFor();
  await page.getByText('seven words of data', { exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Metrics' }).click();
  await page.getByRole('figure', { name: 'loss' }).waitFor();
  expect((await jobs()).length).toBe(before + 1);
  expect(await page.getByRole('link', { name: /Workflow/ }).getAttribute('href')).toContain(
    '/namespaces/default/workflows/',
  );
  expect(problems).toEqual([]);
  await close();
}, 60_000);

test('a dropped folder fills the form, is packed as by the command line, and runs', async () => {
  const folder = folderWith({
    'artenic.yaml': [
      '# Dropped.',
      'service: dropped',
      'package: code',
      'data:',
      '  - { name: words.txt, file: words.txt }',
      'command: node train.mjs # what runs',
      'maxHour: 1',
      '',
    ].join('\n'),
    'words.txt': 'words of the folder\n',
    'code/train.mjs':
      "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync(`${process.env.ARTENIC_DATA_DIR}/words.txt`, 'utf8'));\n",
    'code/notes.md': 'not packed',
    'code/lib/Ünïcode.txt': 'ü',
    'code/.artenicignore': '*.md\n',
    'code/node_modules/x/index.js': 'never packed',
  });
  const { page, problems, close } = await signedIn();
  await page.goto('/jobs/new');
  await settled(page);
  await drop(page, folder.path);
  await page.getByText(/^Filled from .*artenic\.yaml/).waitFor();
  await page.getByText('3 files ·').waitFor();
  await page.getByText('Left out: notes.md').waitFor();
  expect(await page.getByLabel('Command').inputValue()).toBe('node train.mjs');
  await page.getByRole('button', { name: 'YAML', exact: true }).click();
  await page.getByRole('textbox', { name: 'Job file' }).waitFor();
  await page
    .getByRole('button', { name: 'Line 7: maxHour: unknown field "maxHour"; did you mean "maxHours"?' })
    .click();
  await picture(page, 'dispatch-yaml');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.type('maxH');
  await page.getByRole('option', { name: 'maxHours' }).click();
  // The editor takes the completion some moments after the click.
  const editor = page.getByRole('textbox', { name: 'Job file' });
  await editor.getByText('maxHours: ').waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.type('maxHours: 1');
  await page.keyboard.press('Escape');
  await page.getByRole('list', { name: 'Faults' }).waitFor({ state: 'detached' });
  // Escape, then Tab, leaves the editor.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.shadowRoot === null)).toBe(true);
  expect(problems).toEqual([]);
  await page.getByRole('button', { name: 'Form', exact: true }).click();
  await page.getByText('Results', { exact: true }).click();
  await page.getByLabel('Registry name').fill('dropped-model');
  await page.getByRole('button', { name: 'YAML', exact: true }).click();
  await page.getByText('# what runs').waitFor();
  await page.getByText('model: dropped-model').waitFor();
  await page.getByRole('button', { name: 'Dispatch', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: /dropped/ }).waitFor();
  await page.locator('main').getByText('Succeeded').first().waitFor({ timeout: 30_000 });
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.getByText('words of the folder', { exact: true }).waitFor();
  const job = (await jobs()).find(({ service }) => service === 'dropped');
  expect(job?.spec.package?.sha256).toBe((await packFolder(join(folder.path, 'code'))).sha256);
  expect(problems).toEqual([]);
  await close();
  folder.remove();
}, 60_000);

test('the playground asks the trained model, and promotes nothing by itself', async () => {
  await poll('the first model', 60_000, async () => {
    const { items } = await stack.request<{ items: ModelView[] }>('GET', '/api/v1/models');
    return items.find((model) => model.name === 'penguins' && model.productionVersion === 1) ?? null;
  });
  const { page, problems, close } = await signedIn();
  await page.goto('/playground');
  await settled(page);
  const given = {
    beak_length_mm: '39.1',
    beak_depth_mm: '18.7',
    flipper_length_mm: '181',
    body_mass_g: '3750',
    island: 'Torgersen',
  };
  for (const [name, value] of Object.entries(given)) await page.getByLabel(name).first().fill(value);
  await page.getByRole('button', { name: 'Predict' }).click();
  await page.getByText('Adelie').first().waitFor();
  await picture(page, 'playground');
  await page.getByLabel('body_mass_g').first().fill('heavy');
  await page.getByRole('button', { name: 'Predict' }).click();
  await page.locator('[aria-invalid="true"]').first().waitFor();
  await page.getByText('Run a prediction to see the result.').waitFor();
  expect(problems).toEqual([]);
  await close();
}, 90_000);

test('a killed API comes back: the page says so and goes on', async () => {
  const { page, problems, close } = await signedIn();
  await page.goto('/jobs');
  await settled(page);
  await page.locator('[data-live="live"]').first().waitFor({ state: 'attached' });
  stack.kill('api');
  await page.locator('[data-live="reconnecting"]').first().waitFor({ state: 'attached', timeout: 2000 });
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', { service: 'after-the-kill', command: 'true' });
  await page.locator(`[data-row="${id}"]`).getByText('Succeeded').waitFor({ timeout: 40_000 });
  expect(await page.locator(`[data-row="${id}"]`).count()).toBe(1);
  expect(problems).toEqual([]);
  await close();
}, 90_000);

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

test('each page as the documentation shows it', async () => {
  if (pictures === undefined) return;
  const [first] = (await jobs()).filter((job) => job.service === 'penguins');
  await stack.request('POST', '/api/v1/jobs', { ...first?.spec, config: { ...first?.spec.config, epochs: 60 } });
  for (const theme of ['light', 'dark'] as const) {
    const { page, close } = await signedIn({ theme });
    for (const [name, path] of [
      ['overview', '/'],
      ['training', '/jobs'],
      ['dispatch', '/jobs/new'],
      ['job', `/jobs/${first?.id}`],
      ['models', '/models'],
      ['model', '/models/penguins'],
      ['providers', '/providers'],
    ] as const) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      await settled(page);
      if (theme === 'light') await picture(page, name);
      else if (name === 'overview' || name === 'job') await picture(page, `${name}-dark`);
    }
    await close();
  }
}, 90_000);

test('no browser has reported a broken policy since the API began anew', async () => {
  const answer = await fetch(`${url()}/metrics`, { headers: { authorization: `Bearer ${stack.adminKey()}` } });
  expect(await answer.text()).toContain('artenic_csp_reports_total 0');
});
