import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { configNumber, platform } from '@artenic/training';
import { withFolder } from './folder.ts';

function environment(folder: string, config?: string): Record<string, string> {
  if (config !== undefined) writeFileSync(join(folder, 'config.json'), config);
  return {
    ...(config === undefined ? {} : { ARTENIC_CONFIG_FILE: join(folder, 'config.json') }),
    ARTENIC_DATA_DIR: join(folder, 'data'),
    ARTENIC_CHECKPOINT_DIR: join(folder, 'checkpoints'),
    ARTENIC_OUTPUT_DIR: join(folder, 'outputs'),
    ARTENIC_METRICS_FILE: join(folder, 'metrics', 'metrics.jsonl'),
    ARTENIC_STOP_FILE: join(folder, 'stop'),
  };
}

test('metrics are appended as whole lines; numbers that are not finite keep their names', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'metrics', 'metrics.jsonl');
    const first = platform(environment(folder));
    first.reportMetrics({ step: 1, epoch: 0, loss: 0.5, progress: 0.25 });
    first.close();
    const second = platform(environment(folder));
    second.reportMetrics({
      step: 2,
      loss: Number.NaN,
      up: Number.POSITIVE_INFINITY,
      down: Number.NEGATIVE_INFINITY,
      gone: undefined,
    });
    second.close();
    const [one = '', two = '', end] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(one)).toEqual({
      step: 1,
      epoch: 0,
      loss: 0.5,
      progress: 0.25,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(two).toMatch(/^\{"step":2,"loss":NaN,"up":Infinity,"down":-Infinity,"time":"[^"]+"\}$/);
    expect(end).toBe('');
  });
});

test('a stop is asked for by the stop file or by SIGTERM, which then no longer kills', async () => {
  await withFolder((folder) => {
    const byFile = platform(environment(folder));
    expect(byFile.stopRequested()).toBe(false);
    writeFileSync(join(folder, 'stop'), '');
    expect(byFile.stopRequested()).toBe(true);
    byFile.close();
  });
  await withFolder((folder) => {
    const listeners = process.listenerCount('SIGTERM');
    const bySignal = platform(environment(folder));
    expect(bySignal.stopRequested()).toBe(false);
    process.emit('SIGTERM', 'SIGTERM');
    expect(bySignal.stopRequested()).toBe(true);
    bySignal.close();
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
  });
});

test('each wish for a checkpoint is taken once', async () => {
  await withFolder((folder) => {
    const file = join(folder, 'checkpoint-now');
    const job = platform({ ...environment(folder), ARTENIC_CHECKPOINT_FILE: file });
    expect(job.checkpointRequested()).toBe(false);
    for (const wish of ['first', 'second']) {
      writeFileSync(file, wish);
      expect([job.checkpointRequested(), job.checkpointRequested()]).toEqual([true, false]);
    }
    job.close();
    const older = platform(environment(folder));
    expect(older.checkpointRequested()).toBe(false);
    older.close();
  });
});

test('paths are those of the contract, and the folder of an output is made', async () => {
  await withFolder((folder) => {
    const job = platform(environment(folder, '{"epochs": 3, "name": "x"}'));
    expect(job.config).toEqual({ epochs: 3, name: 'x' });
    expect(job.checkpointDir).toBe(join(folder, 'checkpoints'));
    expect(job.dataFile('a/b.csv')).toBe(join(folder, 'data', 'a', 'b.csv'));
    expect(job.outputFile('deep/model.onnx')).toBe(join(folder, 'outputs', 'deep', 'model.onnx'));
    expect(existsSync(join(folder, 'outputs', 'deep'))).toBe(true);
    job.close();
  });
});

test('what is missing or wrong is named', async () => {
  expect(() => platform({ ARTENIC_DATA_DIR: '/data' })).toThrow(
    'Not set: ARTENIC_CHECKPOINT_DIR, ARTENIC_OUTPUT_DIR, ARTENIC_METRICS_FILE, ARTENIC_STOP_FILE.',
  );
  await withFolder((folder) => {
    expect(() => platform(environment(folder, '{"epochs":'))).toThrow(/config\.json cannot be read as JSON/);
    expect(() => platform(environment(folder, '[1]'))).toThrow(/must hold a JSON object/);
  });
});

test('hyper-parameters are checked with the name of the field', () => {
  const bounds = { fallback: 10, minimum: 1, maximum: 100, whole: true };
  expect(configNumber({}, 'epochs', bounds)).toBe(10);
  expect(configNumber({ epochs: 3 }, 'epochs', bounds)).toBe(3);
  for (const epochs of ['3', 0, 101, 2.5, true, Number.NaN]) {
    expect(() => configNumber({ epochs }, 'epochs', bounds)).toThrow(
      /config\.epochs is a whole number from 1 to 100, not/,
    );
  }
});
