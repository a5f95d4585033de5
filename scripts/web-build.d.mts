export function buildWeb(root: string): boolean;
