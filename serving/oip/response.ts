import type { ModelSignature } from '@artenic/core';
import { z } from 'zod';
import { jsonValues, refuseLongAnswer } from '../tensors/decode.ts';
import { writeBinary } from './binary.ts';
import { wrong, type InferRequest } from './request.ts';
import { allDatatypes, datatypeOf } from './types.ts';
import type { NamedTensor, TensorSignature } from '../tensors/tensors.ts';

/** Writes a number of any size digit by digit into JSON; TypeScript has no type for it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (digits: string) => unknown };

/** Values for JSON. Integers keep all their digits; NaN and infinities, which JSON lacks, become text. */
function jsonData(tensor: NamedTensor): readonly unknown[] {
  if (tensor.type !== 'int64' && tensor.type !== 'uint64') return jsonValues(tensor);
  return Array.from(tensor.data as BigInt64Array, (value) =>
    Number.isSafeInteger(Number(value)) ? Number(value) : rawJSON(String(value)),
  );
}

type Wanted = { readonly name: string; readonly isBinary: boolean };

/** The wanted outputs and their form. @throws ArtenicError for an output that the model does not have */
export function wantedOutputs(request: InferRequest, signature: ModelSignature): readonly Wanted[] {
  const byDefault = request.parameters?.['binary_data_output'] === true;
  const names = signature.outputs.map(({ name }) => name);
  const asked = request.outputs ?? [];
  if (asked.length === 0) return names.map((name) => ({ name, isBinary: byDefault }));
  return asked.map(({ name, parameters }) => {
    if (!names.includes(name)) throw wrong(`the model has no output ${name}; it has ${names.join(', ')}`);
    if ((parameters?.['classification'] ?? null) !== null)
      throw wrong(`output ${name}: the classification extension is not served`);
    const own = parameters?.['binary_data'];
    return { name, isBinary: typeof own === 'boolean' ? own : byDefault };
  });
}

/** Describes the output of `writeAnswer` for the API document. */
export const inferAnswerSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.enum(allDatatypes),
      shape: z.array(z.number().int()),
      parameters: z.object({ binary_data_size: z.number().int() }).optional(),
      data: z.array(z.union([z.number(), z.string(), z.boolean()])).optional(),
    }),
  ),
});

export type InferAnswer = {
  readonly json: string;
  /** Empty when every output is in the JSON. */
  readonly binary: readonly Uint8Array[];
};

export function writeAnswer(
  head: { readonly model: string; readonly version: string; readonly id: string | null | undefined },
  outputs: readonly NamedTensor[],
  wanted: readonly Wanted[],
): InferAnswer {
  const inJson = wanted.flatMap(({ name, isBinary }) => (isBinary ? [] : outputs.filter((one) => one.name === name)));
  refuseLongAnswer(inJson);
  const binary: Uint8Array[] = [];
  const described = wanted.flatMap(({ name, isBinary }): readonly object[] => {
    const tensor = outputs.find((output) => output.name === name);
    if (tensor === undefined) return [];
    const shown = { name, datatype: datatypeOf(tensor.type), shape: tensor.dims };
    if (!isBinary) return [{ ...shown, data: jsonData(tensor) }];
    const bytes = writeBinary(tensor);
    binary.push(bytes);
    return [{ ...shown, parameters: { binary_data_size: bytes.byteLength } }];
  });
  const { id } = head;
  const json = JSON.stringify({
    model_name: head.model,
    model_version: head.version,
    ...((id ?? '') === '' ? {} : { id }),
    outputs: described,
  });
  return { json, binary };
}

/** A request's tensors for another server. */
export function writeInputs(tensors: readonly NamedTensor[]): string {
  const inputs = tensors.map((tensor) => ({
    name: tensor.name,
    datatype: datatypeOf(tensor.type),
    shape: tensor.dims,
    data: jsonData(tensor),
  }));
  return JSON.stringify({ inputs });
}

/** Tensor metadata in the protocol's form: an open dimension is -1, and so is a shape of unknown rank. */
export function describeTensors(tensors: readonly TensorSignature[]): readonly object[] {
  return tensors.map(({ name, type, shape }) => ({
    name,
    datatype: datatypeOf(type),
    shape: (shape ?? ['?']).map((dim) => (typeof dim === 'string' ? -1 : dim)),
  }));
}
