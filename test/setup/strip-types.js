import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

// Strips types like production does, so that coverage and stack traces are exact.
export default {
  getCacheKey: (source, path) => createHash('sha256').update(source).update(path).update(process.version).digest('hex'),
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
