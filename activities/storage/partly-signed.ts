import type { DirectSigning, ObjectSigning, OwnUrls } from '../../core/object-storage.ts';

/**
 * Downloads and uploads of any content go to the storage itself. Uploads that are held to a content go to the API,
 * because the storage could not refuse another one.
 */
export function withOwnUploads(direct: DirectSigning, own: ObjectSigning & OwnUrls): ObjectSigning {
  return {
    signGet: direct.signGet,
    signPut: (key, options) =>
      options.content === undefined ? direct.signAnyPut(key, options) : own.signPut(key, options),
    parts: null,
  };
}
