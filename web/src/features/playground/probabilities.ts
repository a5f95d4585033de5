import type { ModelSignature, PredictResponse } from '@artenic/core';

export type ClassShare = { readonly label: string; readonly share: number };

const looksLikeShares = (values: readonly unknown[]): values is readonly number[] =>
  values.length > 1 &&
  values.every((value) => typeof value === 'number' && value >= 0 && value <= 1) &&
  Math.abs(values.reduce<number>((sum, value) => sum + Number(value), 0) - 1) < 0.01;

/**
 * Probabilities by class, highest first, from the output `probabilities`, else from the first output that sums to 1.
 */
export function sharesOf(prediction: PredictResponse, signature: ModelSignature): readonly ClassShare[] | null {
  const { outputs } = prediction;
  const candidates: readonly unknown[] = [outputs['probabilities'], ...Object.values(outputs)];
  const values = candidates.find((value): value is readonly number[] => Array.isArray(value) && looksLikeShares(value));
  if (values === undefined) return null;
  const shares = values.map((share, index) => ({ label: signature.labels?.[index] ?? `class ${index}`, share }));
  return shares.sort((a, b) => b.share - a.share);
}
