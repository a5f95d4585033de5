// Lets jobs on this machine import the SDK without installing it: an import of these packages that a job's own package
// cannot resolve is resolved from here.
import * as nodeModule from 'node:module';

const provided = /^(?:@artenic\/(?:core|training|client)|onnxruntime-node)(?:\/|$)/;

// An older Node that a job brings along lacks `registerHooks`; such a job must bring its own packages too.
nodeModule.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!provided.test(specifier)) throw error;
      return nextResolve(specifier, { ...context, parentURL: import.meta.url });
    }
  },
});
