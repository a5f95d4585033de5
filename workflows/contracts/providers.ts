export const checkScheduleId = (provider: string): string => `check/${provider}`;

/** Of what is done with one provider as a whole. */
export type ProviderInput = { readonly provider: string };
