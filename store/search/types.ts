import type { ModelStage } from '@artenic/core';
import type { JobCandidate } from '../../core/errors.ts';

export type FoundModel = {
  readonly name: string;
  readonly latestVersion: number;
  readonly productionVersion: number | null;
};
export type FoundVersion = { readonly model: string; readonly version: number; readonly stage: ModelStage };

export type SearchQuery = { readonly projectId: string; readonly text: string; readonly limit: number };

/** Objects whose names have words that begin like the words of a text; nothing for a text without letters and digits. */
export type SearchRepository = {
  /** Newest first; also jobs whose ids begin or end with the text. */
  readonly jobsByWords: (query: SearchQuery) => Promise<readonly JobCandidate[]>;
  /** Jobs whose names begin with the text, in the order of their names. */
  readonly jobsByName: (query: SearchQuery) => Promise<readonly JobCandidate[]>;
  /** Jobs whose ids, as lists show them, begin with the text: digits in lower case. */
  readonly jobsByShownId: (query: SearchQuery) => Promise<readonly JobCandidate[]>;
  readonly models: (query: SearchQuery) => Promise<readonly FoundModel[]>;
  readonly services: (query: SearchQuery) => Promise<readonly string[]>;
  /** This version of each of these models that has it. */
  readonly versions: (
    projectId: string,
    models: readonly string[],
    version: number,
  ) => Promise<readonly FoundVersion[]>;
};
