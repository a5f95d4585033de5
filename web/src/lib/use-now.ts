import { useEffect, useState } from 'react';

/** The current time, updated every `everyMs`; it stands still while `isTicking` is false. */
export function useNow(everyMs: number, isTicking = true): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = window.setInterval(() => setNowMs(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs, isTicking]);
  return nowMs;
}
