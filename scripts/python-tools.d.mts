export type PythonTool = 'tritonclient' | 'mlserver' | 'schemathesis' | 'moto' | 'microburst' | 'shellcheck' | 'peers';
export function pythonTool(root: string, name: PythonTool): string;
/** One package without what it depends on, as files below a folder. */
export function installFiles(root: string, target: string, requirement: string): void;
