import type { ModelStage } from '@artenic/core';

/** Uses that may still need a version. */
export type VersionUses = {
  readonly stage: ModelStage;
  /** A model host of this process has its file open. */
  readonly isLoaded: boolean;
  /** Whether the job that trained it has not ended. */
  readonly isJobOpen: boolean;
  /** Names of the things that came from it, by the lineage. */
  readonly holders: readonly string[];
};

const mostNamed = 5;

/** Why a version cannot be deleted, as the rest of a sentence about it; null when it can. */
export function whyKept({ stage, isLoaded, isJobOpen, holders }: VersionUses): string | null {
  if (stage === 'production') return 'is in production: promote another version, or retire it first';
  if (isJobOpen) return 'belongs to a job that has not ended: wait for its end';
  if (isLoaded && stage !== 'retired') return 'is loaded for predictions: retire it first';
  if (holders.length === 0) return null;
  return `is needed by ${holders.slice(0, mostNamed).join(', ')}${holders.length > mostNamed ? ' and more' : ''}`;
}

/** Why a version cannot answer predictions, as the rest of a sentence about it; null when it can. */
export function whyNotServed(version: {
  readonly sha256: string | null;
  readonly format: string;
  readonly external: object | null;
}): string | null {
  if (version.external !== null) return null;
  if (version.sha256 === null) return 'has no file yet: store it first';
  return version.format === 'onnx'
    ? null
    : `is a file of ${version.format}, which does not run here: export it to ONNX`;
}
