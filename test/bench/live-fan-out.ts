/**
 * `node test/bench/live-fan-out.ts [sockets] [seconds]`: WebSocket followers that all receive 50 events a second. Every
 * follower must receive every number. The lag is measured from an event's commit to its arrival, the memory is the
 * API's.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { liveEventSchema } from '@artenic/core';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { closeOrm, openOrm } from '../../store/orm.ts';
import { systemPrincipal } from '../../store/principal-scope.ts';
import { createStore } from '../../store/store.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { percentile, rounded } from './statistics.ts';

const eventsPerSecond = 50;
/**
 * Each process has an equal share of the sockets; the first process connects before the memory for the others is
 * measured.
 */
const followerProcesses = 4;
/** Pause after the last socket is open, before memory is read. */
const settleMs = 3000;
const topic = 'providers';

const heardSchema = z.object({ counts: z.array(z.number()), holes: z.number(), lagsMs: z.array(z.number()) });
type Heard = z.output<typeof heardSchema>;

/** A process of followers: reports `ready`, listens until told to stop, then reports the received events. */
async function followMany(url: string, key: string, sockets: number): Promise<void> {
  const heard: Heard = { counts: Array.from({ length: sockets }, () => 0), holes: 0, lagsMs: [] };
  const last = Array.from({ length: sockets }, () => 0);
  await Promise.all(
    last.map(async (_, index) => {
      const socket = new WebSocket(url, ['artenic.v1', `bearer.${key}`]);
      await once(socket, 'open');
      const subscribed = once(socket, 'message');
      socket.send(JSON.stringify({ op: 'subscribe', topics: [topic], after: null }));
      await subscribed;
      socket.on('message', (data) => {
        const text = (data as Buffer).toString('utf8');
        if (!text.startsWith('{"op":"event"')) return;
        const { sequence, at } = liveEventSchema.parse(JSON.parse(text));
        if (last[index] !== 0 && sequence !== (last[index] ?? 0) + 1) heard.holes++;
        last[index] = sequence;
        heard.counts[index] = (heard.counts[index] ?? 0) + 1;
        if (index % 10 === 0) heard.lagsMs.push(Date.now() - Date.parse(at));
      });
    }),
  );
  process.send?.('ready');
  await once(process, 'message');
  process.send?.(heard, undefined, undefined, () => process.exit(0));
}

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** V8's used heap including garbage, and its external memory. */
async function heapBytes(stack: Stack): Promise<number> {
  const headers = { authorization: `Bearer ${stack.adminKey()}` };
  const text = await (await fetch(`${stack.endpoints().api}/metrics`, { headers })).text();
  const value = (name: string) => Number(new RegExp(`^artenic_nodejs_${name} (\\S+)`, 'm').exec(text)?.[1]);
  return value('heap_size_used_bytes') + value('external_memory_bytes');
}

async function measure(sockets: number, seconds: number): Promise<void> {
  const stack = createStack();
  try {
    await stack.start();
    const { api, databaseUrl, processes } = stack.endpoints();
    const apiPid = processes['api'] ?? 0;
    const orm = await openOrm({ databaseUrl });
    const { events } = createStore(orm).as(systemPrincipal('bench'));
    await events.append({ topic, kind: 'bench', subject: 'first', data: {} });
    const url = `${api.replace('http', 'ws')}/ws`;
    const share = sockets / followerProcesses;
    const memory = async () => {
      await sleep(settleMs);
      return { resident: residentBytes(apiPid), heap: await heapBytes(stack) };
    };
    const followers: ChildProcess[] = [];
    const openOne = async () => {
      const args = ['follow', url, stack.adminKey(), String(share)];
      const one = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--disable-warning=ExperimentalWarning'] });
      followers.push(one);
      await once(one, 'message');
    };
    const idle = await memory();
    await openOne();
    const first = await memory();
    while (followers.length < followerProcesses) await openOne();
    const last = await memory();
    const startedMs = performance.now();
    const total = eventsPerSecond * seconds;
    for (let index = 0; index < total; index++) {
      await sleep(Math.max(0, startedMs + (index * 1000) / eventsPerSecond - performance.now()));
      await events.append({ topic, kind: 'bench', subject: String(index), data: { index } });
    }
    const sentMs = performance.now() - startedMs;
    await sleep(3000);
    const answers = followers.map(async (one) => {
      const answered = once(one, 'message');
      one.send('stop');
      return heardSchema.parse((await answered)[0]);
    });
    const heard = await Promise.all(answers);
    await closeOrm(orm);
    const counts = heard.flatMap((one) => one.counts);
    const lagsMs = heard.flatMap((one) => one.lagsMs);
    console.log({
      sockets,
      events: total,
      eventsPerSecond: rounded(total / (sentMs / 1000)),
      heardAll: counts.filter((count) => count === total).length,
      holes: heard.reduce((sum, { holes }) => sum + holes, 0),
      lagP50Ms: percentile(lagsMs, 0.5),
      lagP99Ms: percentile(lagsMs, 0.99),
      kilobytesPerSocket: {
        wholeProcess: rounded((last.resident - idle.resident) / sockets / 1000),
        afterFirstShare: rounded((last.resident - first.resident) / (sockets - share) / 1000),
        heapAfterFirstShare: rounded((last.heap - first.heap) / (sockets - share) / 1000),
      },
    });
  } finally {
    await stack.destroy();
  }
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'follow') await followMany(rest[0] ?? '', rest[1] ?? '', Number(rest[2]));
else await measure(Number(mode ?? 1000), Number(rest[0] ?? 30));
