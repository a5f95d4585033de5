import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '@artenic/client';
import { ApiWorld } from '../../api/harness.ts';
import { poll } from '../../support/poll.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

/** The subscription begins behind a number that the server has not reached, as after a restore of its database. */
test('a subscription survives a server that begins anew, and hears what comes after', async () => {
  const { store, url, key } = world;
  const append = (subject: string) => store.events.append({ topic: 'models', kind: 'model.test', subject, data: {} });
  const client = createClient({ url, apiKey: key });
  const heard: string[] = [];
  const live = client.live({
    topics: ['models'],
    after: 1_000_000,
    onEvent: (event) => heard.push(event.subject),
    onGap: () => heard.push('gap'),
    onError: (error) => heard.push(error.message),
    onState: (state) => heard.push(state),
  });
  try {
    await poll('the subscription', 10_000, () => (heard.includes('connected') ? true : null));
    await append('after');
    await append('and again');
    await poll('what came after', 10_000, () => (heard.includes('and again') ? true : null));
  } finally {
    live.close();
  }
  expect(heard).toEqual(['gap', 'connected', 'after', 'and again']);
});
