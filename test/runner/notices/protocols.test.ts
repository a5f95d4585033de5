import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { poll } from '../../support/poll.ts';
import { Notices } from '../../../runner/notices/notices.ts';
import type { Said } from '../../../runner/notices/protocol.ts';
import { protocolOf } from '../../../runner/notices/protocols.ts';

let server: Server;
let url: string;
/** Answers of the metadata service, by path. */
let answers: Map<string, string>;
let validToken = 'first';
beforeEach(async () => {
  answers = new Map();
  server = createServer((request, response) => {
    const { url: path = '', method } = request;
    if (method === 'PUT') return response.end(validToken);
    if (request.headers['x-aws-ec2-metadata-token'] !== validToken) return response.writeHead(401).end();
    const answer = answers.get(path);
    return answer === undefined ? response.writeHead(404).end() : response.end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const action = '/latest/meta-data/spot/instance-action';
const rebalance = '/latest/meta-data/events/recommendations/rebalance';

test('aws: says nothing, then what is recommended, then when the machine is taken; a token may run out', async () => {
  const protocol = protocolOf({ ARTENIC_NOTICES: 'aws', ARTENIC_METADATA_URL: url });
  // A look has a short timeout, which may be too short on a busy machine.
  const look = (): Promise<Said> =>
    poll('a look in time', 60_000, async () => {
      try {
        return (await protocol?.look()) ?? null;
      } catch (error) {
        if (error instanceof Error && error.name === 'TimeoutError') return null;
        throw error;
      }
    });
  expect(await look()).toEqual({ notice: null, rebalance: null });
  answers.set(rebalance, '{"noticeTime":"2026-08-01T00:00:00Z"}');
  validToken = 'second';
  expect(await look()).toEqual({ notice: null, rebalance: new Date('2026-08-01T00:00:00Z') });
  answers.set(action, '{"action":"terminate","time":"2026-08-01T00:02:00Z"}');
  expect(await look()).toMatchObject({ notice: new Date('2026-08-01T00:02:00Z') });
  answers.set(action, '{"action":"terminate"}');
  await expect(look()).rejects.toThrow();
});

test.each([
  [{}, false],
  [{ ARTENIC_NOTICES: '', ARTENIC_METADATA_URL: '' }, false],
  [{ ARTENIC_NOTICES: 'no-such-cloud', ARTENIC_METADATA_URL: 'http://127.0.0.1:9' }, false],
  [{ ARTENIC_METADATA_URL: 'http://127.0.0.1:9' }, true],
  [{ SIMULATED_METADATA_URL: 'http://127.0.0.1:9' }, true],
])('%j: it asks: %p', (environment, isThere) => {
  expect(protocolOf(environment) !== null).toBe(isThere);
});

test('any protocol is heard once, and by those too who listen later', async () => {
  let looks = 0;
  const deadline = new Date(5);
  const notices = new Notices({
    look: async () => {
      looks += 1;
      if (looks === 1) throw new Error('away');
      return { notice: looks > 2 ? deadline : null, rebalance: new Date(1) };
    },
  });
  const heard: string[] = [];
  notices.onRebalance((since) => heard.push(`rebalance ${since.getTime()}`));
  for (let index = 0; index < 4; index++) await notices.look();
  notices.onNotice((at) => heard.push(`notice ${at.getTime()}`));
  notices.stop();
  expect(heard).toEqual(['rebalance 1', 'notice 5']);
  expect(looks).toBeGreaterThanOrEqual(3);
});
