import { Session, type Profiler } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

/** Sends a command; in the same thread its answer arrives before `post` returns. */
function ask(session: Session, method: string, params: object = {}): unknown {
  let answer: unknown;
  let failure: Error | null = null;
  session.post(method, params, (error: Error | null, result?: object) => {
    failure = error;
    answer = result;
  });
  if (failure !== null) throw failure as Error;
  return answer;
}

/**
 * Amount of JavaScript that `run` executes: function calls and loop iterations, as V8 counts them for coverage. Unlike
 * time, it does not depend on the machine's load, so two sizes of an input can be compared.
 */
export function workOf(run: () => void): number {
  const session = new Session();
  session.connect();
  // V8 does not count optimized code.
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-maglev');
  try {
    ask(session, 'Profiler.enable');
    ask(session, 'Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    run();
    const taken = ask(session, 'Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
    ask(session, 'Profiler.stopPreciseCoverage');
    let count = 0;
    for (const { functions } of taken.result)
      for (const { ranges } of functions) for (const range of ranges) count += range.count;
    return count;
  } finally {
    setFlagsFromString('--maglev');
    setFlagsFromString('--opt');
    session.disconnect();
  }
}
