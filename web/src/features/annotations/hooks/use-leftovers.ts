/** Saves what killed tabs left of other images: nobody has to remember which ones they were. */

import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiProblem } from "@/api/client";
import { plural } from "@/lib/format";
import { notify } from "@/ui/toast";
import { imageQuery } from "../api";
import { editingQuery, type Workplace } from "../saving/open-editing";

export function useLeftovers(workplace: Workplace, imageId: string, mayEdit: boolean): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the editor is opened
  useEffect(() => {
    if (mayEdit) void openLeft(workplace, imageId).catch(() => {});
  }, [workplace, mayEdit]);
}

/** Open them behind the scenes: that saves what nobody else has changed since, and leaves the rest to be looked at. */
async function openLeft(workplace: Workplace, imageId: string): Promise<void> {
  const { drafts, tabs, place, queryClient } = workplace;
  const left = await drafts.ofPlace(place);
  const living = await tabs.whichLive(left.map((each) => each.tab));
  const orphans = left.filter((each) => each.tab !== tabs.tab && !living.has(each.tab));
  const ids = new Set(orphans.map((each) => each.imageId));
  ids.delete(imageId);
  if (ids.size === 0) return;
  let saving = 0;
  for (const id of ids) {
    try {
      const { saver } = await queryClient.fetchQuery(editingQuery(id, workplace));
      if (saver.getState().conflict === null) saving += 1;
      else await tellConflict(queryClient, id);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 404) return;
      // The image is gone, and with it what could be done with its changes.
      for (const each of orphans.filter((draft) => draft.imageId === id)) await drafts.remove(each);
    }
  }
  if (saving === 0) return;
  const images = plural(saving, "other image");
  notify({ title: `Changes of ${images}, kept on this device, are being saved`, tone: "info" });
}

async function tellConflict(queryClient: QueryClient, imageId: string): Promise<void> {
  const { filename } = await queryClient.fetchQuery(imageQuery(imageId));
  notify({
    title: `${filename} waits for you`,
    detail:
      "Somebody saved it after your last changes there, which are kept on this device. Open it to compare both.",
    tone: "info",
  });
}
