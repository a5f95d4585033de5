import type { ExternalModel as ExternalModelPlace, ModelSignature } from '@artenic/core';
import { z } from 'zod';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { encodeValues } from '../tensors/encode.ts';
import { writeInputs } from './response.ts';
import { typeOf } from './types.ts';
import { countOf, type NamedTensor, type TensorSignature } from '../tensors/tensors.ts';

/** A model on another server that speaks the Open Inference Protocol v2. */
export type ExternalPlace = Readonly<ExternalModelPlace>;
export type ExternalModel = ExternalPlace & { readonly signature: ModelSignature };

const maxAnswerBytes = 64 * 1024 ** 2;
const tensorSchema = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number().int()) });
const metadataSchema = z.object({
  name: z.string(),
  inputs: z.array(tensorSchema).default([]),
  outputs: z.array(tensorSchema).default([]),
});
const answerSchema = z.object({ outputs: z.array(tensorSchema.extend({ data: z.array(z.unknown()) })) });
const errorSchema = z.object({ error: z.string() });

function addressOf({ url, model, version }: ExternalPlace, end: string): string {
  // `encodeURIComponent` does not escape these names, and a URL would resolve them.
  for (const part of [model, version])
    if (part === '.' || part === '..')
      throw new ArtenicError('validation-failed', `A model or version of another server cannot be named ${part}.`);
  const versioned = version === null ? '' : `/versions/${encodeURIComponent(version)}`;
  return `${url.replace(/\/$/, '')}/v2/models/${encodeURIComponent(model)}${versioned}${end}`;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw away('it answers with more than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function away(reason: string, cause?: unknown): ArtenicError {
  return new ArtenicError('unavailable', `The model's server failed: ${reason}.`, { cause, retryAfterMs: 1000 });
}

async function ask(address: string, init: RequestInit, timeoutMs: number): Promise<unknown> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(address, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    status = response.status;
    text = await readText(response);
  } catch (cause) {
    if (cause instanceof ArtenicError) throw cause;
    if (cause instanceof Error && cause.name === 'TimeoutError')
      throw new ArtenicError('deadline-exceeded', `The model's server did not answer within ${timeoutMs} ms.`, {
        cause,
      });
    throw away(messageOf(cause), cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw away(`status ${status} without JSON`, cause);
  }
  if (status >= 200 && status < 300) return value;
  const told = errorSchema.safeParse(value);
  const reason = told.success ? told.data.error.slice(0, 1000) : `status ${status}`;
  // An exception of the model comes as status 500 with the protocol's error.
  const isAboutInputs = (status >= 400 && status < 500 && status !== 429) || (status === 500 && told.success);
  if (isAboutInputs) throw new ArtenicError('validation-failed', `The model's server refuses: ${reason}`);
  throw away(reason);
}

function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw away('its answer is not of the protocol', parsed.error);
}

function toSignature({ name, datatype, shape }: z.output<typeof tensorSchema>): TensorSignature {
  const type = typeOf(datatype);
  if (type === undefined)
    throw new ArtenicError('model-rejected', `Its tensor ${name} is ${datatype}, which is not served.`);
  return { name, type, shape: shape.map((dim, index) => (dim < 0 ? (index === 0 ? 'rows' : '?') : dim)) };
}

/** Inputs and outputs of the model as its server declares them. @throws ArtenicError */
export async function readExternal(place: ExternalPlace, timeoutMs: number): Promise<ModelSignature> {
  const metadata = read(metadataSchema, await ask(addressOf(place, ''), {}, timeoutMs));
  const { inputs, outputs } = metadata;
  if (inputs.length === 0)
    throw new ArtenicError(
      'model-rejected',
      'Its server reports no inputs: add them to the settings of the model there.',
    );
  return { inputs: inputs.map(toSignature), outputs: outputs.map(toSignature), labels: null };
}

/** @throws ArtenicError `unavailable`, `deadline-exceeded`, or `validation-failed` with the server's message */
export async function inferExternally(
  place: ExternalPlace,
  tensors: readonly NamedTensor[],
  timeoutMs: number,
): Promise<readonly NamedTensor[]> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: writeInputs(tensors) };
  const answer = read(answerSchema, await ask(addressOf(place, '/infer'), init, timeoutMs));
  return answer.outputs.map(({ name, datatype, shape, data: nested }) => {
    const type = typeOf(datatype);
    const values = nested.flat(Infinity);
    const data = type === undefined ? 'it is of an unknown datatype' : encodeValues(type, values);
    if (type === undefined || typeof data === 'string' || values.length !== countOf(shape))
      throw away(`its output ${name} is not what it says`);
    return { name, type, dims: shape, data };
  });
}
