import type { ByteSource } from './byte-source.ts';
import { rejected } from './rejected.ts';

const ownModules = /^(?:keras|tf_keras|tensorflow)(?:\.|$)/;
const codeClasses: ReadonlySet<unknown> = new Set(['Lambda', '__lambda__']);

const lambda = () => rejected('It holds a Lambda layer, which is Python code.');

/** Keras imports the module that a configuration names and calls the named objects in it. */
export function refuseCodeInConfig(json: string, isKeras: boolean): void {
  let config: unknown;
  try {
    config = JSON.parse(json);
  } catch {
    if (isKeras) throw rejected('Its config.json is not JSON.');
    return;
  }
  const waiting: unknown[] = [config];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'class_name' && codeClasses.has(inner)) throw lambda();
      if (isKeras && key === 'module' && typeof inner === 'string' && !ownModules.test(inner))
        throw rejected(`Its config.json names the Python module ${inner.slice(0, 200)}.`);
      if (inner !== undefined) waiting.push(inner);
    }
  }
}

const pieceBytes = 16 * 1024 ** 2;
/** Longer than the searched words with every character escaped. */
const overlap = 512;

/** In HDF5 the configuration is text anywhere in the file; JSON may escape any character and insert spaces anywhere. */
export async function refuseLambdaInHdf5(source: ByteSource): Promise<void> {
  let before = '';
  for (let at = 0; at < source.size; at += pieceBytes) {
    const piece = (await source.read(at, pieceBytes)).toString('latin1');
    const text = before + piece.replaceAll(/[ \t\r\n]+/g, '');
    const plain = text.replaceAll(/\\u00([0-7][0-9a-f])/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    if (/"class_name":"(?:Lambda|__lambda__)"/.test(plain)) throw lambda();
    before = text.slice(-overlap);
  }
}
