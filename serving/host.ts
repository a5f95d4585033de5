import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelSignature } from '@artenic/core';
// oxlint-disable-next-line import/no-unassigned-import -- it must run before onnxruntime is imported
import './tensors/without-float16-array.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assertNever } from '../core/assert-never.ts';
import { ArtenicError, messageOf } from '../core/errors.ts';
import { scanForeign, type ForeignFile } from './files/foreign-file.ts';
import type { HostCalls, HostReply, HostRequest, Inference, LoadedModel } from './hosts/messages.ts';
import { scanModel } from './files/model-file.ts';
import { rejected } from './files/rejected.ts';
import { PickleScanner } from './files/pickle.ts';
import { hasOpenRows, isFeedable, type NamedTensor } from './tensors/tensors.ts';
import { hasOwnRows, probeRow } from './hosts/warm-up.ts';

// Make all files that the host writes readable for its own user only.
process.umask(0o077);

type Loaded = { readonly session: InferenceSession; readonly signature: ModelSignature };
let loaded: Loaded | null = null;
const maxOutputBytes = 256 * 1024 ** 2;

async function load(filePath: string): Promise<LoadedModel> {
  const { labels, unknownRank } = scanModel(filePath);
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
    inputs: session.inputMetadata.map((value) => tensorSignature(value, 'input', unknownRank)),
    outputs: session.outputMetadata.map((value) => tensorSignature(value, 'output', unknownRank)),
    labels: labels === null ? null : [...labels],
  };
  for (const { name, type } of [...signature.inputs, ...signature.outputs])
    if (!isFeedable(type)) throw rejected(`Its tensor ${name} is ${type}, which requests cannot carry.`);
  loaded = { session, signature };
  return { signature, rssBytes: process.memoryUsage.rss() };
}

function tensorSignature(
  value: InferenceSession.ValueMetadata,
  kind: string,
  unknownRank: ReadonlySet<string>,
): ModelSignature['inputs'][number] {
  if (!value.isTensor) {
    throw rejected(
      `Its ${kind} ${value.name} is a sequence or a map; only tensors are served (scikit-learn: zipmap=False).`,
    );
  }
  // onnxruntime may infer an output's shape by itself.
  const isOpen = value.shape.length === 0 && unknownRank.has(value.name);
  const shape = isOpen ? null : value.shape.map((dim) => (dim === '' ? '?' : dim));
  return { name: value.name, type: value.type, shape };
}

function current(): Loaded {
  if (loaded === null) throw new ArtenicError('internal', 'the host has no model yet');
  return loaded;
}

function toFeed({ type, data, dims }: NamedTensor): Tensor {
  return new Tensor(type as Tensor.Type, data, dims);
}

async function run({ session, signature }: Loaded, tensors: readonly NamedTensor[]): Promise<readonly NamedTensor[]> {
  const results = await session.run(Object.fromEntries(tensors.map((tensor) => [tensor.name, toFeed(tensor)])));
  return signature.outputs.flatMap(({ name }) => {
    const tensor = results[name];
    return tensor === undefined ? [] : [{ name, type: tensor.type, dims: tensor.dims, data: tensor.data }];
  });
}

async function probe(): Promise<{ readonly failure: string | null }> {
  const model = current();
  const zeros = probeRow(model.signature.inputs, 0);
  if (zeros === null) return { failure: 'One row of its inputs is too large to be made up.' };
  try {
    await run(model, zeros);
    return { failure: null };
  } catch (cause) {
    return { failure: messageOf(cause) };
  }
}

async function warmUp(): Promise<{ readonly hasOwnRows: boolean }> {
  const model = current();
  if (!hasOpenRows(model.signature)) return { hasOwnRows: false };
  return { hasOwnRows: await hasOwnRows(model.signature, (tensors) => run(model, tensors)) };
}

/** The API copies each answer more than once, and blocks all other answers meanwhile. */
function refuseLargeOutputs(outputs: readonly NamedTensor[]): void {
  const bytes = outputs.reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 0), 0);
  if (bytes > maxOutputBytes)
    throw new ArtenicError(
      'payload-too-large',
      `The model answers with ${bytes} bytes; at most ${maxOutputBytes} are sent.`,
    );
}

async function infer(tensors: readonly NamedTensor[]): Promise<Inference> {
  const model = current();
  const startedMs = performance.now();
  try {
    const outputs = await run(model, tensors);
    refuseLargeOutputs(outputs);
    return { outputs, runMs: performance.now() - startedMs };
  } catch (cause) {
    if (cause instanceof ArtenicError) throw cause;
    throw new ArtenicError('validation-failed', `The model fails on these inputs: ${messageOf(cause)}`, { cause });
  }
}

async function scan(file: ForeignFile): Promise<null> {
  const scanner = new PickleScanner();
  try {
    await scanForeign(file, scanner);
    return null;
  } finally {
    scanner.close();
  }
}

async function answerTo(request: HostRequest): Promise<HostCalls[keyof HostCalls]['answer']> {
  switch (request.call) {
    case 'load':
      return load(request.argument);
    case 'scan':
      return scan(request.argument);
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
    // A bug in the platform must end the process visibly.
    if (!(error instanceof ArtenicError)) throw error;
    const { type, message, details } = error;
    send({ id: request.id, failure: { type, message, errors: details.errors ?? null } });
  }
}

function send(reply: HostReply): void {
  process.send?.(reply);
}

const parentPid = Number(process.argv[2]);
const watch = new Worker(new URL('hosts/parent-watch.ts', import.meta.url), { workerData: parentPid });
// While the thread loads, it needs the main thread; afterwards it does not.
await once(watch, 'message');
watch.unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (request: HostRequest) => void serve(request));
send({ id: 0, failure: null, answer: null });
