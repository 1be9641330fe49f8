/** Choose all images that match a list, also those that were never on screen. */

import { useCallback, useEffect, useRef, useState } from "react";
import { notifyProblem } from "@/ui/toast";
import { type ImageFilter, idsMatching } from "../api";

export function useSelectMatching(name: string, list: ImageFilter, onSelect: (ids: Set<string>) => void) {
  /** How many were found so far; null while nobody looks for them. */
  const [found, setFound] = useState<number | null>(null);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const selectMatching = useCallback(async () => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const ids = new Set<string>();
    setFound(0);
    try {
      for await (const page of idsMatching(name, list, controller.signal)) {
        for (const id of page) ids.add(id);
        setFound(ids.size);
      }
      onSelect(ids);
    } catch (error) {
      if (!controller.signal.aborted) notifyProblem("The images were not chosen", error);
    } finally {
      if (running.current === controller) setFound(null);
    }
  }, [name, list, onSelect]);
  return { selectMatching, found };
}
