export type PythonTool =
  | 'tritonclient'
  | 'mlserver'
  | 'openapi-python-client'
  | 'schemathesis'
  | 'moto'
  | 'microburst'
  | 'gcp-storage-emulator'
  | 'dvc'
  | 'shellcheck'
  | 'peers';
export function pythonTool(root: string, name: PythonTool): string;
/** Installs one package without its dependencies, as files below a folder. */
export function installFiles(root: string, target: string, requirement: string): void;
