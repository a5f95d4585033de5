// onnxruntime makes its results with the arrays of Node's main realm and checks them with `instanceof`, but jest gives
// each test file another realm. Runs before each file, through jest's `setupFiles`.
const { runInThisContext } = require('node:vm');

for (const name of ['Float32Array', 'Float64Array', 'BigInt64Array']) globalThis[name] = runInThisContext(name);
