import { parentPort, workerData } from 'node:worker_threads';

// A run inside onnxruntime blocks the host's main thread, so only another thread can notice that the parent has died.
const parentPid: unknown = workerData;
const lookIntervalMs = 500;

setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, lookIntervalMs);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage('watching');
