/**
 * onnxruntime-node reads the byte length of a `Float16Array` as 0 (github.com/microsoft/onnxruntime/pull/32323), and
 * onnxruntime-common creates a `Float16Array` for every half-precision tensor where the platform has the class. Without
 * the class both use `Uint16Array`. Import this before onnxruntime, in the model's own process only.
 */
Reflect.deleteProperty(globalThis, 'Float16Array');
