import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { ArtenicError } from '../../core/errors.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { allocationModel, echoModel, loopModel, modelFolder, softmaxModel } from './models.ts';
import { servingWorld } from './world.ts';

const models = modelFolder();
const softmax = models.add(softmaxModel());
const echo = models.add(echoModel());
const loop = models.add(loopModel());
const forever = String(10n ** 15n);

const { hosts, predictorWith, closePredictor } = servingWorld(models, {});
afterEach(async () => {
  await closePredictor();
  expect(hosts()).toEqual([]);
});
afterAll(() => models.remove());

/** The first answer of a model, whose host may start slowly beside other tests: a deadline that passes is tried again. */
const answered = (first: () => Promise<unknown>): Promise<true> =>
  poll('the first answer', 60_000, () =>
    first().then(
      () => true as const,
      (error: unknown) => {
        if (error instanceof ArtenicError && error.type === 'deadline-exceeded') return null;
        throw error;
      },
    ),
  );

describe('one row', () => {
  test('answers with outputs and the label of the highest probability', async () => {
    const { predict } = predictorWith();
    const answer = await predict({ sha256: softmax, inputs: { x: [1, 2] } });
    expect(answer.label).toBe('dog');
    expect(answer.outputs['probabilities']).toEqual([expect.closeTo(0.2689414, 6), expect.closeTo(0.7310586, 6)]);
  });

  test('keeps every type, and whole numbers past 2^53', async () => {
    const { predict } = predictorWith();
    const inputs = {
      number: 1.5,
      whole: '9007199254740993',
      text: 'Ünknown',
      flag: true,
      grid: [1, 2, 3, 4, 5, 6],
      open: [7, 8],
    };
    expect(await predict({ sha256: echo, inputs })).toEqual({
      outputs: {
        number_out: [1.5],
        whole_out: '9007199254740993',
        text_out: ['Ünknown'],
        flag_out: true,
        grid_out: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        open_out: [7, 8],
      },
      label: null,
      latencyMs: expect.any(Number),
    });
  });

  test('says of each input what is wrong with it', async () => {
    const { predict } = predictorWith();
    const inputs = { number: 'one', whole: 1.5, flag: 1, grid: [1, 2], open: [], extra: 0 };
    const error: unknown = await predict({ sha256: echo, inputs }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArtenicError);
    expect(error).toMatchObject({ type: 'validation-failed' });
    const { details } = error as ArtenicError;
    expect(Object.fromEntries((details.errors ?? []).map(({ pointer, message }) => [pointer, message]))).toEqual({
      '/inputs/extra': expect.stringContaining('no such input'),
      '/inputs/number': '"one" is not a number',
      '/inputs/whole': expect.stringContaining('1.5 is not a whole number'),
      '/inputs/text': expect.stringContaining('is missing'),
      '/inputs/flag': '1 is not true or false',
      '/inputs/grid': expect.stringContaining('has 2 values'),
    });
  });

  test('inspection tells the signature', async () => {
    expect(await predictorWith().inspect(softmax)).toMatchObject({ labels: ['cat', 'dog'] });
  });
});

describe('when something dies', () => {
  test('a killed host is replaced and nobody notices', async () => {
    const { predict } = predictorWith();
    await predict({ sha256: softmax, inputs: { x: [1, 2] } });
    const [pid] = hosts();
    const answers = Array.from({ length: 50 }, () => predict({ sha256: softmax, inputs: { x: [2, 1] } }));
    process.kill(pid ?? Number.NaN, 'SIGKILL');
    expect((await Promise.all(answers)).map(({ label }) => label)).toEqual(Array(50).fill('cat'));
    expect(hosts()).not.toContain(pid);
  });

  test('a model that runs without end is killed at its deadline; others and the event loop go on', async () => {
    const { predict } = predictorWith({ deadlineMs: 10_000 });
    await answered(() => predict({ sha256: loop, inputs: { n: 3 } }));
    const [first] = hosts();
    await answered(() => predict({ sha256: softmax, inputs: { x: [1, 2] } }));
    const other = hosts().find((pid) => pid !== first);
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 10);
    const runaway = expect(predict({ sha256: loop, inputs: { n: forever } })).rejects.toMatchObject({
      type: 'deadline-exceeded',
    });
    const behind = expect(predict({ sha256: loop, inputs: { n: 2 } })).rejects.toMatchObject({
      type: 'deadline-exceeded',
    });
    for (let count = 0; count < 20; count++) await predict({ sha256: softmax, inputs: { x: [1, 2] } });
    await runaway;
    await behind;
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(50);
    expect(await predict({ sha256: loop, inputs: { n: 5 } })).toMatchObject({ outputs: { count: 5 } });
    expect(hosts()).toHaveLength(2);
    expect(hosts()).toContain(other);
  });

  test('a model that wants too much memory fails alone', async () => {
    const { predict } = predictorWith();
    const allocation = models.add(allocationModel());
    await expect(predict({ sha256: allocation, inputs: { size: 34_359_738_368 } })).rejects.toBeInstanceOf(
      ArtenicError,
    );
    expect(await predict({ sha256: allocation, inputs: { size: 4 } })).toMatchObject({ outputs: { sum: 0 } });
  });

  test('a corrupt model is refused, each time', async () => {
    const { predict } = predictorWith();
    const corrupt = models.add(softmaxModel().slice(0, 60));
    for (let count = 0; count < 2; count++) {
      await expect(predict({ sha256: corrupt, inputs: { x: [1, 2] } })).rejects.toMatchObject({
        type: 'model-rejected',
      });
    }
  });

  test('a model that is not there is what the storage says', async () => {
    const { predict } = predictorWith({
      fetchModel: () => Promise.reject(new ArtenicError('not-found', 'no such object')),
    });
    await expect(predict({ sha256: softmax, inputs: {} })).rejects.toMatchObject({ type: 'not-found' });
  });

  test('no host outlives a parent that is killed, not even one that is busy', async () => {
    const program = `
      const { createPredictor } = await import(${JSON.stringify(new URL('../../serving/predictor.ts', import.meta.url).href)});
      const { predict } = createPredictor({ fetchModel: async () => ${JSON.stringify(models.pathOf(loop))}, maxHosts: 1, deadlineMs: 60000, memoryBytes: 2 ** 30 });
      await predict({ sha256: 'loop', inputs: { n: 1 } });
      predict({ sha256: 'loop', inputs: { n: '${forever}' } });
      process.stdout.write('busy');`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const hostsOfParent = () => processesWith(`serving/host.ts\0${parent.pid}\0`);
    await once(parent.stdout, 'data');
    expect(hostsOfParent()).toHaveLength(1);
    parent.kill('SIGKILL');
    await poll('the orphan to end', 5000, () => (hostsOfParent().length === 0 ? true : null));
  });
});

describe('more models than hosts', () => {
  test('the least recently used one makes room', async () => {
    const { predict } = predictorWith({ maxHosts: 1 });
    for (const expected of ['dog', 'cat']) {
      expect(await predict({ sha256: softmax, inputs: { x: expected === 'dog' ? [1, 2] : [2, 1] } })).toMatchObject({
        label: expected,
      });
      expect(await predict({ sha256: loop, inputs: { n: 2 } })).toMatchObject({ outputs: { count: 2 } });
    }
    await poll('the old host to end', 5000, () => (hosts().length === 1 ? true : null));
  });

  test('a busy host is not taken away: the other model waits for it', async () => {
    const { predict } = predictorWith({ maxHosts: 1 });
    const answers = await Promise.all([
      predict({ sha256: loop, inputs: { n: 200_000 } }),
      predict({ sha256: softmax, inputs: { x: [1, 2] } }),
    ]);
    expect(answers).toMatchObject([{ outputs: { count: 200_000 } }, { label: 'dog' }]);
  });

  test('who waits in vain is told to come back', async () => {
    const { predict } = predictorWith({ maxHosts: 1, deadlineMs: 8000 });
    await answered(() => predict({ sha256: loop, inputs: { n: 1 } }));
    // The second request starts when the first ends, so the host is still busy when the third gives up.
    const working = Promise.allSettled(['150000', forever].map((n) => predict({ sha256: loop, inputs: { n } })));
    const inVain = predict({ sha256: softmax, inputs: { x: [1, 2] } });
    await expect(inVain).rejects.toMatchObject({ type: 'unavailable', details: { retryAfterMs: 8000 } });
    expect((await working).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

test('closing answers those who wait and leaves no process', async () => {
  const { predict, close } = predictorWith();
  const early = expect(predict({ sha256: softmax, inputs: { x: [1, 2] } })).rejects.toMatchObject({
    type: 'unavailable',
  });
  await close();
  await early;
  await expect(predict({ sha256: softmax, inputs: { x: [1, 2] } })).rejects.toMatchObject({ type: 'unavailable' });
});

describe('the last core', () => {
  async function hostsUnder(load: () => Promise<unknown>, limitMs: number): Promise<number> {
    const untilMs = performance.now() + limitMs;
    while (performance.now() < untilMs && hosts().length < 2) await Promise.all(Array.from({ length: 64 }, load));
    return hosts().length;
  }

  test('goes to a model whose runs are long', async () => {
    const { predict } = predictorWith({ cores: 2, deadlineMs: 60_000 });
    expect(await hostsUnder(() => predict({ sha256: loop, inputs: { n: 5000 } }), 60_000)).toBe(2);
  }, 90_000);

  test('is left to the API by others', async () => {
    const { predict } = predictorWith({ cores: 2 });
    expect(await hostsUnder(() => predict({ sha256: softmax, inputs: { x: [1, 2] } }), 2000)).toBe(1);
  });
});
