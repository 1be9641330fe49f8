/** Sends what is not saved when somebody leaves an image, hides the page, or comes back online. */

import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { annotationKeys } from "../api";
import type { Editing } from "../saving/editing";

/** Undo still works in so many images that were left. */
const KEEP_OPEN = 20;

export function useLeaving(editing: Editing | null, queryClient: QueryClient): void {
  useEffect(() => {
    if (editing === null) return;
    return () => {
      void editing.saver.flush();
      closeOldest(queryClient, editing);
    };
  }, [editing, queryClient]);

  useEffect(() => {
    function onHide() {
      for (const each of openEditings(queryClient)) each.saver.leave();
    }
    function onVisibility() {
      if (document.visibilityState === "hidden") onHide();
    }
    function onOnline() {
      for (const each of openEditings(queryClient)) each.saver.retry();
    }
    window.addEventListener("pagehide", onHide);
    window.addEventListener("online", onOnline);
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      window.removeEventListener("pagehide", onHide);
      window.removeEventListener("online", onOnline);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, [queryClient]);
}

/** All images that are open in this tab, also those that were left; or those only. */
export function openEditings(queryClient: QueryClient, type: "all" | "inactive" = "all"): Editing[] {
  const queryKey = [...annotationKeys.all, "editing"];
  return queryClient.getQueriesData<Editing>({ queryKey, type }).flatMap(([, data]) => data ?? []);
}

function closeOldest(queryClient: QueryClient, left: Editing): void {
  const saved = openEditings(queryClient, "inactive").filter((each) => each !== left && each.saver.isDone);
  for (const each of saved.slice(0, Math.max(0, saved.length - KEEP_OPEN))) {
    each.saver.close();
    queryClient.removeQueries({ queryKey: [...annotationKeys.all, "editing", each.imageId] });
  }
}
