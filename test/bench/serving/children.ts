import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BareOrder, BareReport } from './bare.ts';
import type { LoadOrder, LoadReport } from './load.ts';

function start(name: string): ChildProcess {
  const file = fileURLToPath(new URL(name, import.meta.url));
  return fork(file, { serialization: 'advanced', execArgv: ['--disable-warning=ExperimentalWarning'] });
}

async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  const [report] = (await once(child, 'message')) as [T];
  return report;
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

/** Bare loops, each in a process of its own. */
export function startBare(processes: number) {
  const children = Array.from({ length: processes }, () => start('bare.ts'));
  return {
    /** Rows of all processes in the same period. */
    run: async (order: BareOrder): Promise<BareReport> => {
      const reports = await Promise.all(children.map((child) => ask<BareReport>(child, order)));
      const rowsPerSecond = reports.reduce((sum, report) => sum + report.rowsPerSecond, 0);
      return { rowsPerSecond, p50Ms: reports[0]?.p50Ms ?? Number.NaN };
    },
    stop: async () => {
      await Promise.all(children.map(stop));
    },
  };
}

/** A client in a process of its own. Every answer must be 200. */
export function startClient() {
  const child = start('load.ts');
  return {
    load: async (order: LoadOrder): Promise<LoadReport> => {
      const report = await ask<LoadReport>(child, order);
      if (Object.keys(report.statuses).join() !== '200') throw new Error(`${order.path}: ${JSON.stringify(report)}`);
      return report;
    },
    stop: () => stop(child),
  };
}

export async function startEmptyExpress(): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const child = start('empty-express.ts');
  const [port] = (await once(child, 'message')) as [number];
  return { port, stop: () => stop(child) };
}
