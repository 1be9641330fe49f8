/** Sees that somebody else saved the image: from other tabs at once, from other machines soon. */

import { useEffect } from "react";
import type { Editing } from "../saving/editing";
import { checkVersion } from "../saving/open-editing";
import type { Tabs } from "../saving/tabs";

const LOOK_EVERY_MS = 15_000;

export function useFreshness(editing: Editing | null, tabs: Tabs): void {
  useEffect(() => {
    if (editing === null) return;
    function look() {
      // Out of reach: the next save or look will say so.
      if (editing && document.visibilityState === "visible") checkVersion(editing).catch(() => {});
    }
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    const stop = tabs.onSaved((imageId) => imageId === editing.imageId && look());
    return () => {
      clearInterval(timer);
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
      stop();
    };
  }, [editing, tabs]);
}
