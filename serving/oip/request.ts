import type { ModelSignature } from '@artenic/core';
import { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';
import { encodeValues } from '../tensors/encode.ts';
import { readBinary } from './binary.ts';
import { datatypeOf, typeOf } from './types.ts';
import { countOf, isFeedable, type NamedTensor, type TensorSignature } from '../tensors/tensors.ts';

/** Only a few parameters are used here; clients may send others of any kind. */
const parameters = z.record(z.string(), z.unknown()).nullish();
const name = z.string().min(1).max(1000);
const maxDimensions = 32;

/**
 * https://github.com/kserve/open-inference-protocol, inference_rest.md; `data` is checked against the signature later.
 * Some clients serialize their whole object and send null for unset fields.
 */
export const inferRequestSchema = z.object({
  id: z.string().max(1000).nullish(),
  parameters,
  inputs: z
    .array(
      z.object({
        name,
        shape: z.array(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)).max(maxDimensions),
        datatype: z.string().max(100),
        parameters,
        data: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(1000),
  outputs: z.array(z.object({ name, parameters })).max(1000).nullish(),
});
export type InferRequest = z.output<typeof inferRequestSchema>;
type RequestInput = InferRequest['inputs'][number];

export function wrong(message: string): ArtenicError {
  return new ArtenicError('validation-failed', message);
}

/** Accepts flat or nested lists with as many values as the shape has. */
function flatten(value: unknown, wanted: number): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong('data must be a list');
  if (!Array.isArray(value[0])) return value;
  const all: unknown[] = [];
  const collect = (rows: readonly unknown[], depth: number): void => {
    if (depth > maxDimensions) throw wrong(`data is nested deeper than ${maxDimensions} lists`);
    for (const row of rows) {
      if (Array.isArray(row)) collect(row, depth + 1);
      else all.push(row);
      if (all.length > wanted) throw wrong('data has more values than its shape');
    }
  };
  collect(value, 1);
  return all;
}

function readInput(input: RequestInput, signature: TensorSignature, bytes: Uint8Array | null): NamedTensor {
  const { shape } = input;
  const what = `input ${input.name}`;
  const wanted = datatypeOf(signature.type);
  if (input.datatype !== wanted) throw wrong(`${what}: the model takes ${wanted}, not ${input.datatype}`);
  const known = signature.shape ?? shape;
  const fits =
    shape.length === known.length && known.every((dim, index) => typeof dim === 'string' || dim === shape[index]);
  if (!fits) {
    const open = known.map((dim) => (typeof dim === 'string' ? -1 : dim));
    throw wrong(`${what}: the model takes shape [${open.join(',')}], not [${shape.join(',')}]`);
  }
  const count = countOf(shape);
  const tensor = { name: input.name, type: signature.type, dims: shape };
  if (bytes !== null) return { ...tensor, data: readBinary(what, signature.type, count, bytes) };
  const values = flatten(input.data, count);
  if (values.length !== count)
    throw wrong(`${what}: shape [${shape.join(',')}] has ${count} values, data ${values.length}`);
  const data = encodeValues(signature.type, values);
  if (typeof data === 'string') throw wrong(`${what}: ${data}`);
  return { ...tensor, data };
}

/** Bytes behind the header, one part for each input that has `binary_data_size`, in the inputs' order. */
function splitBinary(request: InferRequest, binary: Uint8Array): readonly (Uint8Array | null)[] {
  let at = 0;
  const parts = request.inputs.map(({ name, parameters: given, data }) => {
    const size = given?.['binary_data_size'];
    if (size === undefined || size === null) return null;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw wrong(`input ${name}: binary_data_size must be a number of bytes`);
    if (data !== undefined && data !== null) throw wrong(`input ${name} has both data and binary_data_size`);
    at += size;
    if (at > binary.length) throw wrong(`input ${name}: the body ends before its ${size} bytes`);
    return binary.subarray(at - size, at);
  });
  if (at !== binary.length) throw wrong(`the body has ${binary.length - at} bytes more than its inputs`);
  return parts;
}

/** Tensors in the signature's order. @throws ArtenicError `validation-failed` */
export function readInputs(
  request: InferRequest,
  binary: Uint8Array,
  signature: ModelSignature,
): readonly NamedTensor[] {
  const parts = splitBinary(request, binary);
  const known = signature.inputs.map((input) => input.name);
  const given = new Map<string, number>();
  for (const [index, input] of request.inputs.entries()) {
    if (!known.includes(input.name)) throw wrong(`the model has no input ${input.name}; it has ${known.join(', ')}`);
    if (given.has(input.name)) throw wrong(`input ${input.name} is there twice`);
    if (typeOf(input.datatype) === undefined || !isFeedable(typeOf(input.datatype) ?? ''))
      throw wrong(`input ${input.name}: the datatype ${input.datatype} is not known here`);
    given.set(input.name, index);
  }
  return signature.inputs.map((wanted) => {
    const index = given.get(wanted.name);
    const input = index === undefined ? undefined : request.inputs[index];
    if (index === undefined || input === undefined) throw wrong(`input ${wanted.name} is missing`);
    return readInput(input, wanted, parts[index] ?? null);
  });
}
