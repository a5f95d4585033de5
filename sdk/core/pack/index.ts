export * from './archive.ts';
export * from './rules.ts';
