import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Runtime } from '@temporalio/worker';

export default async function globalTeardown(): Promise<void> {
  const stack = globalThis.artenicTestStack;
  if (stack === undefined) return;
  for (const { pid, exitCode, signalCode } of stack.installers)
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
  for (const child of stack.children) {
    if (child.exitCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await exited;
  }
  await Runtime.instance().shutdown();
  rmSync(stack.folder, { recursive: true, force: true });
}
