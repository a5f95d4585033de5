export const catalogScheduleId = (provider: string): string => `catalog/${provider}`;
