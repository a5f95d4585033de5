import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import { allDatatypes } from '../../../serving/oip/types.ts';
import { inferRequestSchema, readInputs, type InferRequest } from '../../../serving/oip/request.ts';
import { describeTensors, wantedOutputs, writeAnswer } from '../../../serving/oip/response.ts';
import type { ModelVersionRecord } from '../../../store/types.ts';
import { parsePart } from '../../http/input-errors.ts';
import { needsDigits } from '../../http/exact-numbers.ts';
import { checkValue, decodeText, mediaTypeOf, parseJson } from '../../middleware/body.ts';
import { findTarget } from '../../predictions/targets.ts';
import { ok, probeLimit, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { modelParam, named, versionParam } from '../../schemas.ts';
import { targetOf } from './predictions.ts';

const headerLength = 'inference-header-content-length';
const nothing = new Uint8Array();
type Params = { readonly name: string; readonly version?: number };

const tensorMetadata = z.array(
  z.object({ name: z.string(), datatype: z.enum(allDatatypes), shape: z.array(z.number().int()) }),
);
const schemas = {
  live: z.object({ live: z.boolean(), ready: z.boolean() }),
  server: z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
  ready: z.object({ name: z.string(), ready: z.boolean() }),
  model: z.object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: tensorMetadata,
    outputs: tensorMetadata,
  }),
};

function find({ deps, params, principal }: Context<Params, unknown, unknown>): Promise<ModelVersionRecord> {
  return findTarget(deps, principal().projectId, params.name, params.version ?? null);
}

/** The JSON and the bytes behind it; only Triton's extension sends bytes. */
function splitBody(body: Uint8Array, length: string | undefined): readonly [json: Uint8Array, binary: Uint8Array] {
  if (length === undefined) return [body, nothing];
  const bytes = /^\d{1,10}$/.test(length) ? Number(length) : Infinity;
  if (bytes > body.length)
    throw new ArtenicError('malformed-request', 'Inference-Header-Content-Length is not a length within the body.');
  return [body.subarray(0, bytes), body.subarray(bytes)];
}

function readRequest({ request, body, deps }: Context<Params, unknown, Uint8Array>, { signature }: ModelVersionRecord) {
  const length = request.headers[headerLength];
  if (length === undefined && mediaTypeOf(request) === 'application/octet-stream')
    throw new ArtenicError('malformed-request', 'Bytes need an Inference-Header-Content-Length.');
  const [json, binary] = splitBody(body, typeof length === 'string' ? length : undefined);
  if (json.length > deps.limits.rowsBytes)
    throw new ArtenicError('payload-too-large', `The JSON may have at most ${deps.limits.rowsBytes} bytes.`);
  const text = decodeText(json);
  const given = parsePart('The request', inferRequestSchema, parseJson(text, needsDigits(signature, text)));
  // The values are checked one by one against the signature.
  checkValue({ ...given, inputs: given.inputs.map((input) => ({ ...input, data: null })) });
  return { given, binary };
}

/** Triton's `timeout` parameter, in microseconds. */
function deadlineOf({ parameters }: InferRequest): { readonly deadlineMs?: number } {
  const timeout = parameters?.['timeout'];
  return typeof timeout === 'number' && timeout > 0 ? { deadlineMs: timeout / 1000 } : {};
}

async function infer(context: Context<Params, unknown, Uint8Array>): Promise<Reply> {
  const { deps } = context;
  const version = await find(context);
  const { given, binary: bytes } = readRequest(context, version);
  const wanted = wantedOutputs(given, version.signature);
  const outputs = await deps.predictor.infer({
    ...targetOf(version),
    ...deadlineOf(given),
    prepare: (signature) => readInputs(given, bytes, signature),
  });
  const head = { model: version.model, version: String(version.version), id: given.id };
  const { json, binary } = writeAnswer(head, outputs, wanted);
  if (binary.length === 0) return { status: 200, body: json, headers: { 'content-type': 'application/json' } };
  const text = Buffer.from(json);
  return {
    status: 200,
    body: Buffer.concat([text, ...binary]),
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(text.length) },
  };
}

/** The protocol has no pages, so only the newest versions are listed. */
const mostVersions = 1000;

async function metadata(context: Context<Params, unknown, unknown>): Promise<Reply> {
  const { deps, principal, params } = context;
  const { model, format, signature, version } = await find(context);
  const versions =
    params.version === undefined
      ? (await deps.store.models.versions({ projectId: principal().projectId, name: model, limit: mostVersions })).items
          .filter(({ stage }) => stage !== 'retired')
          .map((one) => String(one.version))
      : [String(version)];
  return ok({
    name: model,
    versions,
    platform: format === 'onnx' ? 'onnx_onnxv1' : format,
    inputs: describeTensors(signature.inputs),
    outputs: describeTensors(signature.outputs),
  });
}

/**
 * A model of this platform is ready when it can be loaded on demand; a model on another server is ready when that
 * server says so.
 */
async function ready(context: Context<Params, unknown, unknown>): Promise<Reply> {
  const { model, external } = await find(context);
  if (external !== null) await context.deps.predictor.inspectExternal(external);
  return ok({ name: model, ready: true });
}

/** The three routes of a model, with and without its version in the path. */
function modelRoutes(path: string, params: typeof modelParam | typeof versionParam): readonly Route[] {
  const common = { tag: 'inference', params } as const;
  return [
    route({
      ...common,
      method: 'get',
      path,
      permission: 'read',
      summary: 'What the model takes and gives',
      answers: { 200: { description: 'The metadata', schema: schemas.model } },
      handle: metadata,
    }),
    route({
      ...common,
      method: 'get',
      path: `${path}/ready`,
      permission: 'read',
      summary: 'Whether the model can be asked',
      answers: { 200: { description: 'It can', schema: schemas.ready } },
      handle: ready,
    }),
    route({
      ...common,
      method: 'post',
      path: `${path}/infer`,
      permission: 'write',
      summary: 'Tensors through the model: JSON, or JSON with bytes behind it',
      body: named.inferRequest,
      bodyKind: 'bytes',
      bodyTypes: ['application/json', 'application/octet-stream'],
      limit: 'tensorBytes',
      answers: { 200: { description: 'The outputs', schema: named.inferAnswer, isAlsoBinary: true } },
      handle: infer as never,
    }),
  ];
}

/** https://github.com/kserve/open-inference-protocol and Triton's binary tensor data. */
export function oipRoutes(): readonly Route[] {
  const health = (end: 'live' | 'ready', summary: string) =>
    route({
      method: 'get',
      path: `/v2/health/${end}`,
      permission: 'open',
      openLimit: probeLimit,
      tag: 'inference',
      summary,
      answers: { 200: { description: 'It does', schema: schemas.live } },
      handle: async ({ deps }) => {
        if (end === 'ready') await deps.store.ping(2000);
        return ok({ live: true, ready: true });
      },
    });
  return [
    health('live', 'Whether the server lives'),
    health('ready', 'Whether the server can answer'),
    route({
      method: 'get',
      path: '/v2',
      permission: 'open',
      openLimit: probeLimit,
      tag: 'inference',
      summary: 'The server and its extensions',
      answers: { 200: { description: 'The metadata', schema: schemas.server } },
      handle: async ({ deps }) => ok({ name: 'artenic', version: deps.version, extensions: ['binary_tensor_data'] }),
    }),
    ...modelRoutes('/v2/models/{name}', modelParam),
    ...modelRoutes('/v2/models/{name}/versions/{version}', versionParam),
  ];
}
