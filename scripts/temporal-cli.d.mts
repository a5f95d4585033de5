export function findTemporalCli(
  root: string,
  say: (line: string) => void,
): { path: string; problem: '' } | { path: null; problem: string };
