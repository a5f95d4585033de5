import type { NextFunction, Request, Response } from 'express';

const heartbeatPath = '/api/v1/runner/heartbeat';
/** A runner that disconnects during a request is no fault of the API, unless the API let it wait longer than this. */
const patientMs = 5000;

/** Records whether this API accepts its runners' heartbeats. */
export type Hearing = {
  readonly noteFault: () => void;
  /** Whether a fault was noted since the last call. */
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

/** Notes each heartbeat that this API could not accept: the runner's silence must not be counted for that time. */
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
