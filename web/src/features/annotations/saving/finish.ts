/** An image is done: its last changes are saved first, then its status is set, also when the server is away for a while. */

import { ApiProblem } from "@/api/client";
import { setStatus } from "../api";
import type { ImageStatus } from "../documents";
import type { Editing } from "./editing";
import type { ImageSaver } from "./image-saver";
import { isSaved } from "./save-machine";

const WAITS_MS = [1000, 2000, 4000, 8000, 16_000, 30_000];

/** @throws ApiProblem - the server refuses the status. */
export async function finish(datasetName: string, editing: Editing, status: ImageStatus): Promise<void> {
  await editing.saver.flush();
  await whenSaved(editing.saver);
  for (const wait of [...WAITS_MS, null]) {
    try {
      await setStatus(datasetName, editing.imageId, status);
      return;
    } catch (error) {
      const mayPass = error instanceof ApiProblem && (error.status === 0 || error.status >= 500);
      if (!mayPass || wait === null) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

export function whenSaved(saver: ImageSaver): Promise<void> {
  return new Promise((resolve) => {
    if (isSaved(saver.getState().save)) return resolve();
    const stop = saver.subscribe(() => {
      if (!isSaved(saver.getState().save)) return;
      stop();
      resolve();
    });
  });
}
