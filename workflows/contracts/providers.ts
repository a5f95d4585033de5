export const checkScheduleId = (provider: string): string => `check/${provider}`;

/** Input of workflows that concern one provider as a whole. */
export type ProviderInput = { readonly provider: string };
