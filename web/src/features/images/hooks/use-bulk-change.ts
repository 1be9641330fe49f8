/** A change to thousands of images, some at a time, with how far it is; it can be stopped between two steps. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { type BulkOperation, changeImages, imageKeys } from "../api";

/** Small enough for progress to be seen. */
const IMAGES_A_REQUEST = 2000;

export interface BulkOutcome {
  processed: number;
  failed: number;
  /** Why the first that was left alone was. */
  reason: string | null;
  isStopped: boolean;
}

export interface BulkProgress {
  done: number;
  total: number;
}

export function useBulkChange(name: string) {
  const client = useQueryClient();
  const [progress, setProgress] = useState<BulkProgress | null>(null);
  const isStopped = useRef(false);

  const run = useCallback(
    async (ids: readonly string[], operation: BulkOperation): Promise<BulkOutcome> => {
      isStopped.current = false;
      const outcome: BulkOutcome = { processed: 0, failed: 0, reason: null, isStopped: false };
      setProgress({ done: 0, total: ids.length });
      try {
        for (let start = 0; start < ids.length; start += IMAGES_A_REQUEST) {
          if (isStopped.current) {
            outcome.isStopped = true;
            break;
          }
          const result = await changeImages(name, ids.slice(start, start + IMAGES_A_REQUEST), operation);
          outcome.processed += result.processed;
          outcome.failed += result.failed?.length ?? 0;
          outcome.reason ??= result.failed?.[0]?.reason ?? null;
          setProgress({ done: Math.min(ids.length, start + IMAGES_A_REQUEST), total: ids.length });
        }
      } finally {
        setProgress(null);
        await Promise.all([
          client.invalidateQueries({ queryKey: imageKeys.all(name) }),
          client.invalidateQueries({ queryKey: ["datasets"] }),
        ]);
      }
      return outcome;
    },
    [client, name],
  );

  const stop = useCallback(() => {
    isStopped.current = true;
  }, []);
  return { run, stop, progress };
}
