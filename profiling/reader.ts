import { assertNever } from '../core/assert-never.ts';
import { ArtenicError, isArtenicError } from '../core/errors.ts';
import type { ReaderCalls, ReaderReply, ReaderRequest } from './messages.ts';
import { openPages, type OpenFile } from './pages.ts';
import { profileTable } from './profile.ts';

// Files of a reader are readable by its own user only.
process.umask(0o077);

let file: OpenFile | null = null;

async function answerTo(request: ReaderRequest): Promise<ReaderCalls[keyof ReaderCalls]['answer']> {
  switch (request.call) {
    case 'profile':
      return profileTable(request.argument);
    case 'open':
      file = await openPages(request.argument);
      return file.facts;
    case 'page':
      if (file === null) throw new ArtenicError('internal', 'the reader has no file yet');
      return file.page(request.argument);
    default:
      return assertNever(request);
  }
}

function send(reply: ReaderReply): void {
  process.send?.(reply);
}

async function serve(request: ReaderRequest): Promise<void> {
  try {
    send({ id: request.id, failure: null, answer: await answerTo(request) });
  } catch (error) {
    // A fault of DuckDB or of the platform ends the process visibly.
    if (!isArtenicError(error)) throw error;
    send({ id: request.id, failure: { type: error.type, message: error.message } });
  }
}

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (request: ReaderRequest) => void serve(request));
send({ id: 0, failure: null, answer: null });
