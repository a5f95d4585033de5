export type PythonTool =
  | 'tritonclient'
  | 'mlserver'
  | 'openapi-python-client'
  | 'schemathesis'
  | 'moto'
  | 'microburst'
  | 'shellcheck'
  | 'peers';
export function pythonTool(root: string, name: PythonTool): string;
