import { afterAll, expect, test } from '@jest/globals';
import { poll } from '../support/poll.ts';
import { World } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

/** Writes a numbered checkpoint for each request. */
const obliging = `echo on; n=0
while [ ! -e "$ARTENIC_STOP_FILE" ]; do
  if [ -e "$ARTENIC_CHECKPOINT_FILE" ]; then
    n=$((n+1)); rm "$ARTENIC_CHECKPOINT_FILE"
    echo $n > "$ARTENIC_CHECKPOINT_DIR/.c$n"; mv "$ARTENIC_CHECKPOINT_DIR/.c$n" "$ARTENIC_CHECKPOINT_DIR/wished-$n"
  fi
  sleep 0.05
done`;

test('each wish for a checkpoint is shown to the command once; a notice from elsewhere stops it in time', async () => {
  const attempt = await world.start({ job: { command: obliging } });
  await attempt.logged('on\n');
  const uploaded = (names: string) =>
    poll('the checkpoints', 10_000, () =>
      attempt.api.checkpoints.map(({ name }) => name).join(' ') === names ? true : null,
    );
  attempt.api.wishes = { checkpoint: { askedAt: '2026-01-01T00:00:01.000Z' } };
  await uploaded('wished-1');
  attempt.api.wishes = { checkpoint: { askedAt: '2026-01-01T00:00:02.000Z' } };
  await uploaded('wished-1 wished-2');
  attempt.api.wishes = { ...attempt.api.wishes, notice: { deadlineAt: new Date(Date.now() + 60_000).toISOString() } };
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.checkpoints).toHaveLength(2);
  expect(attempt.api.events.map(({ kind }) => kind)).toEqual(['phase', 'notice', 'stopped']);
  expect(attempt.marker()).toMatchObject({ reason: 'stop-requested', exitCode: 0 });
  expect(attempt.api.text('logs/training').match(/a checkpoint is asked for/g)).toHaveLength(2);
  expect(attempt.api.violations).toEqual([]);
});
