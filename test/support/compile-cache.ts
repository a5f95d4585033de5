import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Folder for `NODE_COMPILE_CACHE`. The many processes of a run share compiled code, which is half of a short process's
 * work.
 */
export const compileCache = (): string => join(process.env['ARTENIC_TEST_FOLDER'] ?? tmpdir(), 'compile-cache');
