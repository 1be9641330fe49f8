/**
 * The organisation's live jobs, one stream for all tabs of a browser.
 *
 * A browser opens six connections to a server that speaks HTTP/1.1, and a stream keeps one. So one tab listens, the one
 * that has the lock, and tells the others; when it closes, the next one takes over.
 */

import { useSyncExternalStore } from "react";
import { followEvents } from "@/api/events";
import type { Job } from "@/api/schema";
import { JOB_EVENTS_ADDRESS } from "../api";

const NAME = "pictograph.jobs";

type Listener = () => void;

let jobs: readonly Job[] | null = null;
const listeners = new Set<Listener>();
let stop: (() => void) | null = null;

function take(snapshot: unknown): void {
  jobs = (snapshot as { jobs: Job[] }).jobs;
  for (const listener of listeners) listener();
}

function start(): () => void {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);
  const ending = new AbortController();
  if (channel) channel.onmessage = (event) => take(event.data);

  function listen(): () => void {
    return followEvents(JOB_EVENTS_ADDRESS, {
      onSnapshot: (snapshot) => {
        take(snapshot);
        channel?.postMessage(snapshot);
      },
    });
  }

  // Locks are for pages that came over TLS or from this machine; others listen while they are looked at.
  const stopListening =
    navigator.locks && channel ? listenWithLock(listen, ending.signal) : listenWhileVisible(listen);
  return () => {
    ending.abort();
    stopListening();
    channel?.close();
  };
}

function listenWithLock(listen: () => () => void, ending: AbortSignal): () => void {
  let stopListening: (() => void) | null = null;
  navigator.locks
    .request(NAME, { signal: ending }, () => {
      if (ending.aborted) return;
      stopListening = listen();
      return new Promise<void>((resolve) => ending.addEventListener("abort", () => resolve()));
    })
    // The tab was closed, or left these pages, before its turn came.
    .catch(() => {});
  return () => stopListening?.();
}

function listenWhileVisible(listen: () => () => void): () => void {
  let stopListening: (() => void) | null = null;
  function onVisibility() {
    if (document.visibilityState === "visible") stopListening ??= listen();
    else {
      stopListening?.();
      stopListening = null;
    }
  }
  onVisibility();
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    stopListening?.();
  };
}

function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  stop ??= start();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
    jobs = null;
  };
}

/** What waits, runs or has ended within the last minute, newest first; null until the server has told. */
export function useLiveJobs(): readonly Job[] | null {
  return useSyncExternalStore(subscribe, () => jobs);
}
