import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelSignature } from '@artenic/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assertNever } from '../core/assert-never.ts';
import { ArtenicError, messageOf } from '../core/errors.ts';
import type { HostCalls, HostReply, HostRequest } from './host-messages.ts';
import { rejected, scanModel } from './model-file.ts';
import { decodeRow, encodeRow, isFeedable, zeroRow, type Prediction, type TensorParts } from './tensors.ts';

type Loaded = { readonly session: InferenceSession; readonly signature: ModelSignature };
let loaded: Loaded | null = null;

async function load(filePath: string): Promise<ModelSignature> {
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
  const strange = signature.inputs.find(({ type }) => !isFeedable(type));
  if (strange !== undefined)
    throw rejected(`Its input ${strange.name} is ${strange.type}, which JSON values cannot fill.`);
  loaded = { session, signature };
  return signature;
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

async function run({ session }: Loaded, row: ReadonlyMap<string, TensorParts>): Promise<ReadonlyMap<string, Tensor>> {
  const feeds = Object.fromEntries(
    [...row].map(([name, { type, values, dims }]) => [name, new Tensor(type as Tensor.Type, values as number[], dims)]),
  );
  return new Map(Object.entries(await session.run(feeds)));
}

async function probe(): Promise<null> {
  const model = current();
  const zeros = zeroRow(model.signature.inputs);
  if (zeros === null) throw rejected('One row of its inputs is too large.');
  try {
    decodeRow(model.signature, await run(model, zeros));
  } catch (cause) {
    throw new ArtenicError('model-rejected', `It fails on a row of zeros: ${messageOf(cause)}`, { cause });
  }
  return null;
}

async function predict(inputs: HostCalls['predict']['argument']): Promise<Prediction> {
  const model = current();
  const row = encodeRow(model.signature.inputs, inputs);
  let tensors: ReadonlyMap<string, Tensor>;
  try {
    tensors = await run(model, row);
  } catch (cause) {
    throw new ArtenicError('validation-failed', `The model fails on these inputs: ${messageOf(cause)}`, { cause });
  }
  return decodeRow(model.signature, tensors);
}

async function answerTo(request: HostRequest): Promise<HostCalls[keyof HostCalls]['answer']> {
  switch (request.call) {
    case 'load':
      return load(request.argument);
    case 'probe':
      return probe();
    case 'predict':
      return predict(request.argument);
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
