import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

// The same type stripping as in production, so that coverage and stack traces are exact.
export default {
  getCacheKey: (source, path) => createHash('sha256').update(source).update(path).update(process.version).digest('hex'),
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
