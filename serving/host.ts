import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelSignature } from '@artenic/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assertNever } from '../core/assert-never.ts';
import { ArtenicError, messageOf } from '../core/errors.ts';
import { scanForeign } from './foreign-file.ts';
import type { HostCalls, HostReply, HostRequest, Inference, LoadedModel } from './host-messages.ts';
import { rejected, scanModel } from './model-file.ts';
import { hasOpenRows, isFeedable, type NamedTensor } from './tensors.ts';
import { hasOwnRows, probeRow } from './warm-up.ts';

// Whatever it writes is for its own user only.
process.umask(0o077);

type Loaded = { readonly session: InferenceSession; readonly signature: ModelSignature };
let loaded: Loaded | null = null;

async function load(filePath: string): Promise<LoadedModel> {
  const { labels } = scanModel(filePath);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(filePath, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (cause) {
    throw new ArtenicError('model-rejected', `onnxruntime cannot load it: ${messageOf(cause)}`, { cause });
  }
  const signature = {
    inputs: session.inputMetadata.map((value) => tensorSignature(value, 'input')),
    outputs: session.outputMetadata.map((value) => tensorSignature(value, 'output')),
    labels: labels === null ? null : [...labels],
  };
  for (const { name, type } of [...signature.inputs, ...signature.outputs])
    if (!isFeedable(type)) throw rejected(`Its tensor ${name} is ${type}, which requests cannot carry.`);
  loaded = { session, signature };
  return { signature, rssBytes: process.memoryUsage.rss() };
}

function tensorSignature(value: InferenceSession.ValueMetadata, kind: string): ModelSignature['inputs'][number] {
  if (!value.isTensor) {
    throw rejected(
      `Its ${kind} ${value.name} is a sequence or a map; only tensors are served (scikit-learn: zipmap=False).`,
    );
  }
  const shape = value.shape.map((dim) => (dim === '' ? '?' : dim));
  return { name: value.name, type: value.type, shape };
}

function current(): Loaded {
  if (loaded === null) throw new ArtenicError('internal', 'the host has no model yet');
  return loaded;
}

type Feed = ConstructorParameters<typeof Tensor>[1] & object;
const { Float16Array: Halves } = globalThis as {
  Float16Array?: new (buffer: ArrayBufferLike, at: number, n: number) => object;
};

function toFeed({ type, data, dims }: NamedTensor): Tensor {
  // onnxruntime takes halves as the platform's own type where there is one
  const isHalf = type === 'float16' && Halves !== undefined && 'buffer' in data;
  const feed = isHalf ? new Halves(data.buffer, data.byteOffset, data.length) : data;
  return new Tensor(type as Tensor.Type, feed as unknown as Feed, dims);
}

function fromTensor(name: string, { type, data, dims }: Tensor): NamedTensor {
  const own =
    type === 'float16' && 'buffer' in data ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return { name, type, dims, data: own };
}

async function run({ session, signature }: Loaded, tensors: readonly NamedTensor[]): Promise<readonly NamedTensor[]> {
  const results = await session.run(Object.fromEntries(tensors.map((tensor) => [tensor.name, toFeed(tensor)])));
  return signature.outputs.flatMap(({ name }) => {
    const tensor = results[name];
    return tensor === undefined ? [] : [fromTensor(name, tensor)];
  });
}

async function probe(): Promise<null> {
  const model = current();
  const zeros = probeRow(model.signature.inputs, 0);
  if (zeros === null) throw rejected('One row of its inputs is too large.');
  try {
    await run(model, zeros);
  } catch (cause) {
    throw new ArtenicError('model-rejected', `It fails on a row of zeros: ${messageOf(cause)}`, { cause });
  }
  return null;
}

async function warmUp(): Promise<{ readonly hasOwnRows: boolean }> {
  const model = current();
  if (!hasOpenRows(model.signature)) return { hasOwnRows: false };
  try {
    return { hasOwnRows: await hasOwnRows(model.signature, (tensors) => run(model, tensors)) };
  } catch {
    // it does not take what was made up for it: its requests run one by one
    return { hasOwnRows: false };
  }
}

async function infer(tensors: readonly NamedTensor[]): Promise<Inference> {
  const model = current();
  const startedMs = performance.now();
  try {
    const outputs = await run(model, tensors);
    return { outputs, runMs: performance.now() - startedMs };
  } catch (cause) {
    throw new ArtenicError('validation-failed', `The model fails on these inputs: ${messageOf(cause)}`, { cause });
  }
}

async function answerTo(request: HostRequest): Promise<HostCalls[keyof HostCalls]['answer']> {
  switch (request.call) {
    case 'load':
      return load(request.argument);
    case 'scan':
      await scanForeign(request.argument.filePath, request.argument.format);
      return null;
    case 'probe':
      return probe();
    case 'warmUp':
      return warmUp();
    case 'infer':
      return infer(request.argument);
    default:
      return assertNever(request);
  }
}

async function serve(request: HostRequest): Promise<void> {
  try {
    send({ id: request.id, failure: null, answer: await answerTo(request) });
  } catch (error) {
    // a fault of our own ends the process, loudly
    if (!(error instanceof ArtenicError)) throw error;
    const { type, message, details } = error;
    send({ id: request.id, failure: { type, message, errors: details.errors ?? null } });
  }
}

function send(reply: HostReply): void {
  process.send?.(reply);
}

const parentPid = Number(process.argv[2]);
const watch = new Worker(new URL('parent-watch.ts', import.meta.url), { workerData: parentPid });
// while it loads, the thread needs this one; afterwards it does not
await once(watch, 'message');
watch.unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (request: HostRequest) => void serve(request));
send({ id: 0, failure: null, answer: null });
