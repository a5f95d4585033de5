export * from './integer-types.ts';
export * from './job-spec.ts';
export * from './job-text.ts';
export * from './json-value.ts';
export * from './dashboard.ts';
export * from './rest.ts';
export * from './runner-contract.ts';
export * from './states.ts';
