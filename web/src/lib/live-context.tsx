import type { LiveHint } from '@artenic/core';
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react';
import { createLiveCache } from './live-cache.ts';
import { LiveConnection, type LiveState } from './live.ts';

type Live = {
  readonly state: LiveState;
  readonly follow: (jobId: string) => () => void;
  readonly listen: (listener: (event: LiveHint) => void) => () => void;
};

const LiveContext = createContext<Live | null>(null);
/** A short visit to another tab does not close the connection. */
const hiddenMs = 15_000;

/** Provides the tab's single live connection to everything below it. */
export function LiveProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  const listeners = useRef(new Set<(event: LiveHint) => void>());
  const connection = useMemo(() => {
    const cache = createLiveCache(client);
    return new LiveConnection({
      onEvent: (event) => {
        cache.take(event);
        listeners.current.forEach((listener) => listener(event));
      },
      onGap: cache.takeAll,
      onState: setState,
    });
  }, [client]);

  useEffect(() => {
    let timer: number | undefined;
    const onVisibility = (): void => {
      window.clearTimeout(timer);
      if (document.hidden) timer = window.setTimeout(() => connection.close('paused'), hiddenMs);
      else connection.open();
    };
    document.addEventListener('visibilitychange', onVisibility);
    onVisibility();
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      window.clearTimeout(timer);
      connection.close();
    };
  }, [connection]);

  const live = useMemo<Live>(
    () => ({
      state,
      follow: (jobId) => connection.follow(jobId),
      listen: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [state, connection],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('there is no LiveProvider above');
  return live;
}

/** Follows a job while the calling component is mounted. */
export function useFollowJob(jobId: string): void {
  const { follow } = useLive();
  const followRef = useRef(follow);
  useEffect(() => followRef.current(jobId), [jobId]);
}
