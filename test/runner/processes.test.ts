import { afterAll, expect, test } from '@jest/globals';
import { World } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

const names = [
  ...['RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'LOCAL_WORLD_SIZE', 'GROUP_RANK', 'ROLE_RANK', 'MASTER_ADDR', 'MASTER_PORT'],
  ...['TORCHELASTIC_RESTART_COUNT', 'TORCHELASTIC_MAX_RESTARTS', 'TORCHELASTIC_RUN_ID'],
];

test.concurrent("three processes get torchrun's variables and one log", async () => {
  const command = [
    'python3',
    '-c',
    `import os; print(' '.join(os.environ[name] for name in ${JSON.stringify(names)}))`,
  ];
  const attempt = await world.run({ job: { command, resources: { processes: 3 } } });
  const lines = attempt.api.text('logs/training').trim().split('\n').toSorted();
  const port = lines[0]?.split(' ')[7];
  expect(Number(port)).toBeGreaterThan(1023);
  const runId = attempt.bootstrap.jobId;
  expect(lines).toEqual([0, 1, 2].map((rank) => `${rank} ${rank} 3 3 0 ${rank} 127.0.0.1 ${port} 0 0 ${runId}`));
  expect(attempt.marker()).toMatchObject({ reason: 'exited', exitCode: 0 });
});

test.concurrent('one that fails ends all, with its exit code', async () => {
  // The other processes would run for longer than the test may take.
  const command = 'echo up $RANK; if [ $RANK = 1 ]; then sleep 0.3; exit 9; fi; sleep 100';
  const attempt = await world.run({ job: { command, resources: { processes: 3 } } });
  expect(attempt.marker()).toMatchObject({ reason: 'exited', exitCode: 9, signal: null });
  expect(attempt.api.text('logs/training').split('\n')).toHaveLength(4);
});

test.concurrent('one that ends well before the others does not end them', async () => {
  const attempt = await world.run({
    job: { command: '[ $RANK = 0 ] || sleep 0.5; echo done $RANK', resources: { processes: 2 } },
  });
  expect(attempt.api.text('logs/training')).toBe('done 0\ndone 1\n');
});
