import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { stopPlan } from '../../../runner/process/stop-plan.ts';
import { goTool } from '../../../scripts/go-tools.mjs';
import { freePort } from '../../../workers/up/ports.ts';
import { startCuttingServer } from '../../support/cutting-server.ts';
import { startMetadataWarner, type MetadataWarner } from '../../support/metadata-warner.ts';
import { World, type Attempt } from '../world.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
// Built at load time: the build blocks this process, and the tests of this file run in parallel.
const metadataMock = goTool(root, 'ec2-metadata-mock');
const world = new World();
const closers: (() => void)[] = [];
afterAll(async () => {
  for (const close of closers) close();
  await world.destroy();
});

/** AWS's mock of the metadata service, version 2 only: it answers 401 without a token, 404 before the warning. */
function startMetadataMock(port: number, noticeAfterSeconds: number, rebalanceAfterSeconds: number): void {
  const times = ['-d', String(noticeAfterSeconds), '--rebalance-delay-sec', String(rebalanceAfterSeconds)];
  const child: ChildProcess = spawn(
    metadataMock,
    ['-n', '127.0.0.1', '-p', String(port), '-I', 'spot', '-a', 'terminate', ...times],
    { stdio: 'ignore', env: { HOME: world.folder } },
  );
  closers.push(() => child.kill('SIGKILL'));
}

async function startWarner(): Promise<MetadataWarner> {
  const warner = await startMetadataWarner();
  closers.push(warner.close);
  return warner;
}

/** Writes a last checkpoint when the stop file appears. */
const careful = `echo on
while [ ! -e "$ARTENIC_STOP_FILE" ]; do sleep 0.05; done
echo state > "$ARTENIC_CHECKPOINT_DIR/last.tmp"
mv "$ARTENIC_CHECKPOINT_DIR/last.tmp" "$ARTENIC_CHECKPOINT_DIR/last"`;
const deaf = `trap '' TERM; echo on; while :; do sleep 0.05; done`;

const kindsOf = ({ api }: Attempt) => api.events.map(({ kind }) => kind);

describe('a machine that is taken back', () => {
  test.concurrent('is left with a last checkpoint, after AWS has recommended and then warned', async () => {
    const port = await freePort();
    const attempt = await world.start({
      job: { command: careful },
      environment: { ARTENIC_METADATA_URL: `http://127.0.0.1:${port}` },
    });
    await attempt.logged('on\n');
    const mockedMs = Date.now();
    startMetadataMock(port, 4, 1);
    expect(await attempt.end()).toBe(0);
    expect(kindsOf(attempt)).toEqual(['phase', 'rebalance', 'notice', 'stopped']);
    const notice = attempt.api.events.find((event) => event.kind === 'notice');
    // Two minutes after the warning, in whole seconds.
    const deadlineMs = Date.parse(notice?.deadlineAt ?? '');
    expect(deadlineMs).toBeGreaterThan(mockedMs + 120_000);
    expect(deadlineMs).toBeLessThan(Date.now() + 125_000);
    expect(attempt.api.checkpoints.map(({ name }) => name)).toEqual(['last']);
    expect(attempt.marker()).toMatchObject({ reason: 'stop-requested', exitCode: 0 });
    expect(attempt.api.text('logs/training')).toContain('the provider reclaims this machine at');
    expect(attempt.api.violations).toEqual([]);
  }, 900_000);

  test.concurrent('gets its last word out in time, however long the grace of the job and however deaf its command', async () => {
    // The tests of this file run in parallel, so the time after the kill, 0.4 of this, must suffice on a busy machine.
    const leftMs = 20_000;
    const { url, warn } = await startWarner();
    const attempt = await world.start({
      job: { command: deaf, stopGraceSeconds: 300 },
      environment: { ARTENIC_METADATA_URL: url },
    });
    await attempt.logged('on\n');
    warn(leftMs);
    expect(await attempt.end()).toBe(0);
    const marker = attempt.marker();
    expect(marker).toMatchObject({ reason: 'stop-requested', signal: 'SIGKILL' });
    const notice = attempt.api.events.find((event) => event.kind === 'notice');
    expect(Date.parse(marker.finishedAt)).toBeLessThan(Date.parse(notice?.deadlineAt ?? ''));
  });

  test.concurrent('is known by its metadata when the signal comes first', async () => {
    const { url, warn } = await startWarner();
    const attempt = await world.start({
      job: { command: careful, stopGraceSeconds: 300 },
      environment: { SIMULATED_METADATA_URL: url },
    });
    await attempt.logged('on\n');
    warn(60_000);
    attempt.child.kill('SIGTERM');
    expect(await attempt.end()).toBe(0);
    expect(kindsOf(attempt)).toContain('notice');
  });

  test.concurrent('is not, where the metadata service is away', async () => {
    const port = await freePort();
    const away = await startCuttingServer(port);
    const attempt = await world.start({
      job: { command: 'echo on; while [ ! -e go ]; do sleep 0.05; done' },
      environment: { ARTENIC_METADATA_URL: `http://127.0.0.1:${port}` },
    });
    await away.tried(4);
    await attempt.logged('on\n');
    await world.mark(attempt, 'package/go');
    expect(await attempt.end()).toBe(0);
    await away.close();
    expect(attempt.marker()).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect(kindsOf(attempt)).toEqual(['phase', 'exited']);
    expect(attempt.console.match(/asking the metadata service/g)).toHaveLength(1);
  });
});

test('a plan to stop keeps time for the last upload', () => {
  expect(stopPlan(30_000, null)).toEqual({ terminateAfterMs: 30_000, killAfterMs: 60_000 });
  expect(stopPlan(30_000, 120_000)).toEqual({ terminateAfterMs: 30_000, killAfterMs: 60_000 });
  expect(stopPlan(30_000, 30_000)).toEqual({ terminateAfterMs: 12_000, killAfterMs: 18_000 });
  expect(stopPlan(30_000, -1)).toEqual({ terminateAfterMs: 0, killAfterMs: 0 });
});
