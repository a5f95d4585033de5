import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const entry = fileURLToPath(new URL('../runner/main.ts', import.meta.url));

/**
 * Bundles the runner as a single file that a rented machine can fetch and run. The same sources give the same bytes.
 * @returns the bundle's size in bytes
 */
export async function bundleRunner(file: string): Promise<number> {
  const bundle = await rolldown({ input: entry, platform: 'node', external: [/^node:/] });
  const { output } = await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return output[0].code.length;
}
