/** The ids of the images that are chosen, also of those that were never on screen: for what is asked by ids alone. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type ImageFilter, idsMatching } from "../api";
import type { Selection } from "../selection/selection";

export function useMatchingIds(name: string, list: ImageFilter) {
  /** How many were found so far; null while nobody looks for them. */
  const [found, setFound] = useState<number | null>(null);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  /** Resolves to null when it was asked for anew meanwhile, or nobody waits for it any more. */
  const collect = useCallback(
    async ({ ids, isAll }: Selection): Promise<string[] | null> => {
      if (!isAll) return [...ids];
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      const chosen: string[] = [];
      setFound(0);
      try {
        for await (const page of idsMatching(name, list, controller.signal)) {
          for (const id of page) if (!ids.has(id)) chosen.push(id);
          setFound(chosen.length);
        }
        return chosen;
      } catch (error) {
        if (controller.signal.aborted) return null;
        throw error;
      } finally {
        if (running.current === controller) setFound(null);
      }
    },
    [name, list],
  );
  return { collect, found };
}
