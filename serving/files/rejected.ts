import { ArtenicError } from '../../core/errors.ts';

export function rejected(reason: string): ArtenicError {
  return new ArtenicError('model-rejected', reason);
}
