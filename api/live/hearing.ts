import type { NextFunction, Request, Response } from 'express';

const heartbeatPath = '/api/v1/runner/heartbeat';
/** A runner that goes away in the middle of a request is no fault of ours, unless we let it wait. */
const patientMs = 5000;

/** Whether this API hears the runners that speak to it. */
export type Hearing = {
  readonly noteFault: () => void;
  /** Whether there was one since the last call. */
  readonly takeFault: () => boolean;
};

export function createHearing(): Hearing {
  let hadFault = false;
  return {
    noteFault: () => {
      hadFault = true;
    },
    takeFault: () => {
      const had = hadFault;
      hadFault = false;
      return had;
    },
  };
}

/** Notes each heartbeat that this API could not take: its runner must not be called silent for that. */
export function watchHeartbeats({ noteFault }: Hearing) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.path !== heartbeatPath) return next();
    const startedMs = performance.now();
    response.once('close', () => {
      const wasCutOff = !response.writableFinished && performance.now() - startedMs > patientMs;
      if (wasCutOff || response.statusCode >= 500) noteFault();
    });
    next();
  };
}
