import { isMap, parseDocument, stringify } from 'yaml';
import type { TextFault } from '../../components/code-editor.tsx';

export type ConfigReading =
  | { readonly isValid: true; readonly value: unknown }
  | { readonly isValid: false; readonly fault: TextFault };

/** The configuration as YAML. */
export function configText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' && Object.keys(value).length === 0 ? '' : stringify(value, { lineWidth: 0 });
}

/** Reads the configuration alone. An empty text takes it out of the job file. */
export function readConfig(text: string): ConfigReading {
  if (text.trim() === '') return { isValid: true, value: undefined };
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const [place] = error.linePos ?? [];
    const [message = ''] = error.message.split('\n');
    return { isValid: false, fault: { message, line: place?.line, column: place?.col } };
  }
  if (document.contents !== null && !isMap(document.contents))
    return { isValid: false, fault: { message: 'write fields with values, such as `epochs: 10`', line: 1, column: 1 } };
  return { isValid: true, value: document.toJS({ maxAliasCount: 100 }) ?? undefined };
}
