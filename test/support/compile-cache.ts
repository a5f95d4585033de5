import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For `NODE_COMPILE_CACHE`: the many processes of a run share what Node compiles, which is half of a short one's work. */
export const compileCache = (): string => join(process.env['ARTENIC_TEST_FOLDER'] ?? tmpdir(), 'compile-cache');
