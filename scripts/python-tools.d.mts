export type PythonTool = 'tritonclient' | 'mlserver' | 'schemathesis' | 'moto' | 'microburst' | 'shellcheck' | 'peers';
export function pythonTool(root: string, name: PythonTool): string;
