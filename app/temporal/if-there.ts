import { isArtenicError } from '../../core/errors.ts';

/** Ignores a workflow that is closed or not started: its successor reads the same facts from the rows. */
export async function ifThere(signalling: Promise<void>): Promise<void> {
  try {
    await signalling;
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
  }
}
