import { isArtenicError } from '../../core/errors.ts';

/** For a workflow that may be closed, or not begun: its successor reads from the rows what it was to hear. */
export async function ifThere(signalling: Promise<void>): Promise<void> {
  try {
    await signalling;
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
  }
}
