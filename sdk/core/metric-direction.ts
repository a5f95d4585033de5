const lowerIsBetter = /loss|error|rmse|mse|mae|perplexity/;

/** Whether a smaller value of this metric is the better one, by the custom of its name. */
export function isLowerBetter(name: string): boolean {
  return lowerIsBetter.test(name);
}
