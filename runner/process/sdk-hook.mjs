// Jobs on this machine may import the SDK without installing it: what a package does not bring itself is resolved from here.
import * as nodeModule from 'node:module';

const provided = /^(?:@artenic\/(?:core|training|client)|onnxruntime-node)(?:\/|$)/;

// An older Node that a job brings along does not have it; then the job brings its packages, too.
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
