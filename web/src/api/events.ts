/** Server-sent events: a thing's newest snapshot, live, into the query that shows it. */

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

export interface EventHandlers {
  /** The thing as GET answers it. */
  onSnapshot?: (snapshot: unknown) => void;
  /** What its job said: kind and data. */
  onEvent?: Record<string, (data: unknown) => void>;
  /** The thing has ended; the stream is closed. */
  onEnd?: () => void;
}

/** Follow a stream until it ends or the returned function is called. The browser reconnects with `Last-Event-ID`. */
export function followEvents(address: string, handlers: EventHandlers): () => void {
  const source = new EventSource(address);
  source.addEventListener("snapshot", (event) => handlers.onSnapshot?.(JSON.parse(event.data)));
  for (const [kind, handle] of Object.entries(handlers.onEvent ?? {})) {
    source.addEventListener(kind, (event) => handle(JSON.parse((event as MessageEvent<string>).data)));
  }
  source.addEventListener("end", () => {
    source.close();
    handlers.onEnd?.();
  });
  return () => source.close();
}

/**
 * Keep the query of `key` equal to the snapshots of a stream while `address` is not null.
 *
 * `wrap` makes of a snapshot what the query holds. Returns whether the stream is connected: where it is not, let the
 * query poll (`refetchInterval: isLive ? false : 2000`).
 */
export function useLiveQuery(
  key: QueryKey,
  address: string | null,
  wrap: (snapshot: unknown) => unknown = (snapshot) => snapshot,
  handlers: Omit<EventHandlers, "onSnapshot"> = {},
): boolean {
  const client = useQueryClient();
  const [isLive, setIsLive] = useState(false);
  const latest = useRef({ key, wrap, handlers });
  latest.current = { key, wrap, handlers };
  useEffect(() => {
    if (address === null) return;
    const stop = followEvents(address, {
      onSnapshot: (snapshot) => {
        setIsLive(true);
        client.setQueryData(latest.current.key, latest.current.wrap(snapshot));
      },
      onEvent: Object.fromEntries(
        Object.keys(latest.current.handlers.onEvent ?? {}).map((kind) => [
          kind,
          (data: unknown) => latest.current.handlers.onEvent?.[kind]?.(data),
        ]),
      ),
      onEnd: () => {
        setIsLive(false);
        void client.invalidateQueries({ queryKey: latest.current.key });
        latest.current.handlers.onEnd?.();
      },
    });
    return () => {
      setIsLive(false);
      stop();
    };
  }, [address, client]);
  return isLive;
}
