// onnxruntime makes its results with the arrays of Node's own realm and checks them with `instanceof`; jest gives each test
// file another realm. Import this before anything that loads onnxruntime: CommonJS modules run while ES modules are linked.
const { runInThisContext } = require('node:vm');

for (const name of ['Float32Array', 'Float64Array', 'BigInt64Array']) globalThis[name] = runInThisContext(name);
