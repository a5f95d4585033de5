import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ArtenicError } from '../../core/errors.ts';
import { HostDied, startHost, withDeadline, type Host } from '../../serving/hosts/process.ts';
import { inspectModel } from '../../serving/files/inspect.ts';
import { scanModel } from '../../serving/files/model-file.ts';
import { RandomNumbers } from '@artenic/training';
import { processesWith } from '../support/processes.ts';
import {
  depthBomb,
  echoModel,
  externalDataModels,
  loopModel,
  modelFolder,
  softmaxModel,
  unknownOperatorModel,
} from './models.ts';

const models = modelFolder();
const timeoutMs = 20_000;
/** The environment can raise the count; 10,000 take a few minutes. */
const mutants = Number(process.env['ARTENIC_MODEL_MUTANTS'] ?? 200);

async function refusalOf(bytes: Uint8Array, limitMs = timeoutMs): Promise<string> {
  const error: unknown = await inspectModel(models.pathOf(models.add(bytes)), { timeoutMs: limitMs }).catch(
    (reason: unknown) => reason,
  );
  if (!(error instanceof ArtenicError)) throw new Error(`not refused: ${String(error)}`);
  return `${error.type}: ${error.message}`;
}

afterAll(() => {
  models.remove();
  expect(processesWith(`serving/host.ts\0${process.pid}\0`)).toEqual([]);
});

describe('a model that can be served', () => {
  test('tells its inputs, outputs and labels', async () => {
    expect(await inspectModel(models.pathOf(models.add(softmaxModel())), { timeoutMs })).toEqual({
      inputs: [{ name: 'x', type: 'float32', shape: ['rows', 2] }],
      outputs: [{ name: 'probabilities', type: 'float32', shape: ['rows', 2] }],
      labels: ['cat', 'dog'],
    });
  });

  test('may have text, whole numbers, flags and open dimensions', async () => {
    const { inputs, labels } = await inspectModel(models.pathOf(models.add(echoModel())), { timeoutMs });
    expect(inputs.map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ['number', 'float32', ['rows', 1]],
      ['whole', 'int64', [1]],
      ['text', 'string', ['rows', 1]],
      ['flag', 'bool', ['rows']],
      ['grid', 'float32', [1, 2, 3]],
      ['open', 'float32', ['rows', 'length']],
    ]);
    expect(labels).toBeNull();
  });
});

describe('what is refused', () => {
  const bytes = (...head: readonly number[]) => Uint8Array.from([...head, ...Array<number>(32).fill(1)]);
  const text = (content: string) => new TextEncoder().encode(content);

  test.each([
    ['an empty file', new Uint8Array(), /empty/],
    ['a pickle', bytes(0x80, 4), /pickle/],
    ['a zip archive', bytes(0x50, 0x4b, 3, 4), /zip/],
    ['HDF5', bytes(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), /HDF5/],
    ['safetensors', bytes(0x40, 0, 0, 0, 0, 0, 0, 0, 0x7b), /safetensors/],
    ['GGUF', text('GGUF and more of it'), /GGUF/],
    ['TensorFlow Lite', text('\x1c\0\0\0TFL3 and more'), /Lite/],
    ['text', text('This is no model at all, only words.'), /not an ONNX model/],
  ])('%s', async (_, content, reason) => {
    const refusal = await refusalOf(content);
    expect(refusal).toMatch(/^model-rejected: /);
    expect(refusal).toMatch(reason);
  });

  test('a file of 2 GiB, without reading it', async () => {
    const path = join(models.pathOf('.'), 'large');
    writeFileSync(path, softmaxModel());
    truncateSync(path, 2 * 1024 ** 3);
    await expect(inspectModel(path, { timeoutMs })).rejects.toThrow(/less than 2 GiB/);
  });

  test.each(externalDataModels)('external data in %s', (_, build) => {
    expect(() => scanModel(models.pathOf(models.add(build())))).toThrow(/external data/);
  });

  test('external data, before onnxruntime sees it', async () => {
    expect(await refusalOf(externalDataModels[0]?.[1]() ?? new Uint8Array())).toMatch(
      /^model-rejected: .*external data/,
    );
  });

  test('graphs nested without end', async () => {
    expect(await refusalOf(depthBomb())).toMatch(/^model-rejected: .*nested/);
  });

  test('an operator of an unknown domain, by name', async () => {
    expect(await refusalOf(unknownOperatorModel())).toMatch(/^model-rejected: .*com\.example/);
  });

  test('labels that are no list of strings', async () => {
    expect(await refusalOf(softmaxModel('["cat",1]'))).toMatch(/^model-rejected: .*artenic\.labels/);
    expect(await refusalOf(softmaxModel('[cat'))).toMatch(/^model-rejected: .*artenic\.labels/);
  });

  test('a model that does not finish', async () => {
    expect(await refusalOf(loopModel(10n ** 15n), 10_000)).toMatch(/^model-rejected: .*does not finish/);
  });

  test('a missing file is not the model’s fault', async () => {
    await expect(inspectModel(models.pathOf('missing'), { timeoutMs })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('damaged models', () => {
  const whole = [softmaxModel(), echoModel(), loopModel(3n)];
  const random = RandomNumbers.fromSeed(20_260_727);

  function mutant(): Uint8Array {
    const copy = Uint8Array.from(whole[random.below(whole.length)] ?? []);
    if (random.below(3) === 0) return copy.slice(0, 1 + random.below(copy.length - 1));
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const at = random.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    }
    return copy;
  }

  test(`${mutants} mutants are loaded or refused with a reason; none of them hurts more than its own process`, async () => {
    const outcomes = { accepted: 0, refused: 0, died: 0, stuck: 0 };
    let host: Host | null = null;
    for (let count = 0; count < mutants; count++) {
      host ??= await startHost({ memoryBytes: 2 ** 30 });
      try {
        const path = models.pathOf(models.add(mutant()));
        await withDeadline(
          host.ask('load', path).then(() => host?.ask('probe', null)),
          3000,
          () => new HostDied(null, 'SIGKILL', 'stuck'),
        );
        outcomes.accepted++;
      } catch (error) {
        if (error instanceof ArtenicError) {
          expect(error.type).toBe('model-rejected');
          outcomes.refused++;
        } else {
          expect(error).toBeInstanceOf(HostDied);
          outcomes.died++;
          await host.kill();
          host = null;
        }
      }
    }
    await host?.kill();
    expect(outcomes.refused).toBeGreaterThan(60);
    expect(outcomes.accepted + outcomes.refused + outcomes.died).toBe(mutants);
  }, 600_000);

  test('the same through inspection: an answer or `model-rejected`', async () => {
    for (let count = 0; count < 3; count++) {
      const outcome = await refusalOf(mutant()).catch((error: unknown) => String(error));
      expect(outcome).toMatch(/^model-rejected: |not refused/);
    }
  });
});
