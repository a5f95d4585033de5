export function pythonTool(root: string, name: 'tritonclient' | 'mlserver' | 'schemathesis' | 'peers'): string;
