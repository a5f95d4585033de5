// Jobs on this machine may import the SDK without installing it: what a package does not bring itself is resolved from here.
import { registerHooks } from 'node:module';

const provided = /^(?:@artenic\/(?:core|training|client)|onnxruntime-node)(?:\/|$)/;

registerHooks({
  resolve(specifier, context, nextResolve) {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!provided.test(specifier)) throw error;
      return nextResolve(specifier, { ...context, parentURL: import.meta.url });
    }
  },
});
