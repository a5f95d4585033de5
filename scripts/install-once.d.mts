export function run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): void;
export function installOnce(root: string, name: string, lockName: string, install: (target: string) => void): string;
