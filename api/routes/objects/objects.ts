import { objectKeys } from '@artenic/core';
import { z } from 'zod';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import { streamBody } from '../../middleware/body.ts';
import { route, type Route } from '../../http/route.ts';

const keyOf = { packages: objectKeys.package, data: objectKeys.data, models: objectKeys.model } as const;
const params = z.strictObject({
  kind: z.enum(['packages', 'data', 'models']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const storedSchema = z.object({ key: z.string(), bytes: z.number().int().min(0) });
const path = '/api/v1/objects/{kind}/{sha256}';

/**
 * Content-addressed uploads: uploading existing content succeeds, and content with another hash never becomes visible.
 */
export function objectRoutes(): readonly Route[] {
  return [
    route({
      method: 'put',
      path,
      permission: 'write',
      tag: 'objects',
      summary: 'Upload an object under the SHA-256 of its content',
      params,
      bodyKind: 'stream',
      answers: {
        200: { description: 'It was there already', schema: storedSchema },
        201: { description: 'Stored', schema: storedSchema },
      },
      handle: async ({ deps, params: { kind, sha256 }, request }) => {
        const key = keyOf[kind](sha256);
        const present = await deps.storage.head(key);
        if (present !== null) return { status: 200, body: { key, bytes: present.bytes } };
        try {
          const body = streamBody(request, deps.limits.uploadBytes);
          const { bytes } = await deps.storage.put(key, body, { sha256, ifAbsent: true });
          return { status: 201, body: { key, bytes } };
        } catch (error) {
          // A concurrent upload has stored the same content.
          const found = isArtenicError(error, 'conflict') ? await deps.storage.head(key) : null;
          if (found === null) throw error;
          return { status: 200, body: { key, bytes: found.bytes } };
        }
      },
    }),
    route({
      method: 'head',
      path,
      permission: 'read',
      tag: 'objects',
      summary: 'Whether an object is stored',
      params,
      answers: { 200: { description: 'It is' } },
      handle: async ({ deps, params: { kind, sha256 } }) => {
        const present = await deps.storage.head(keyOf[kind](sha256));
        if (present === null) throw new ArtenicError('not-found', 'This object is not stored.');
        return { status: 200, headers: { 'content-length': String(present.bytes) } };
      },
    }),
  ];
}
