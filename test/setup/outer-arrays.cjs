// onnxruntime makes its results with the arrays of Node's own realm and checks them with `instanceof`; jest gives each test
// file another realm. Runs before each file, as one of jest's `setupFiles`.
const { runInThisContext } = require('node:vm');

for (const name of ['Float32Array', 'Float64Array', 'BigInt64Array']) globalThis[name] = runInThisContext(name);
