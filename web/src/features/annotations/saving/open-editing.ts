/** Opens an image for editing: what the server holds, and what an earlier tab left unsaved. */

import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiProblem } from "@/api/client";
import { notify, notifyProblem } from "@/ui/toast";
import { annotationKeys, imageQuery, readStored, readVersion, saveAnnotations, setStatus } from "../api";
import { type ImageStatus, isCorrected, type StoredAnnotations } from "../documents";
import type { DraftStore, Wish } from "../journal/drafts";
import { obsolete, recover } from "../journal/recovery";
import { statusOf } from "../status";
import { Editing } from "./editing";
import type { SaveProblem } from "./save-machine";
import type { Tabs } from "./tabs";

/** What all images of one sitting share. */
export interface Workplace {
  queryClient: QueryClient;
  drafts: DraftStore;
  tabs: Tabs;
  /** Server and organisation. */
  place: string;
  /** Who works here, as provenance names them. */
  me: string;
}

/** The image as it is edited here: kept while the page lives, so that undo still works when somebody comes back to it. */
export function editingQuery(imageId: string, workplace: Workplace) {
  return queryOptions({
    queryKey: [...annotationKeys.all, "editing", imageId],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    structuralSharing: false,
    queryFn: () => openEditing(imageId, workplace),
  });
}

async function openEditing(imageId: string, workplace: Workplace): Promise<Editing> {
  const { drafts, tabs, place } = workplace;
  const [stored, left] = await Promise.all([
    readStored(imageId),
    // Where the browser keeps nothing, nothing was left.
    drafts.ofImage(place, imageId).catch(() => []),
  ]);
  const living = await tabs.whichLive(left.map((each) => each.tab));
  const orphans = left.filter((each) => !living.has(each.tab));
  const editing = new Editing(imageId, stored, portsOf(workplace));
  const recovery = recover(orphans, stored);
  if (recovery.kind === "replay") editing.recover(recovery.draft);
  if (recovery.kind === "conflict") editing.recoverConflict(recovery.draft, stored);
  if (recovery.kind === "wish") editing.recoverWish(recovery.draft);
  if (recovery.kind === "outdated wish") void tellOutdated(imageId, recovery.wish, workplace);
  for (const each of obsolete(orphans, stored)) void drafts.remove(each).catch(() => {});
  return editing;
}

async function tellOutdated(imageId: string, { status }: Wish, { queryClient }: Workplace): Promise<void> {
  const { filename } = await queryClient.fetchQuery(imageQuery(imageId));
  notify({
    title: `${filename} was not marked «${statusOf(status).label}»`,
    detail: "Somebody changed its annotations after you had chosen that. Look at it again, and mark it then.",
    tone: "info",
    durationMs: 12_000,
  });
}

function portsOf({
  queryClient,
  drafts,
  tabs,
  place,
  me,
}: Workplace): ConstructorParameters<typeof Editing>[2] {
  return {
    place,
    me,
    tab: tabs.tab,
    drafts,
    now: () => Date.now(),
    read: (imageId) => readStored(imageId),
    problemOf,
    async send(imageId, annotations, baseVersion, taken, isLeaving) {
      const entries = annotations.flatMap((each) => {
        const known = taken[each.id];
        if (known === undefined) return [];
        const { prompt, threshold } = known;
        return [[each.id, { prompt, threshold, edited: isCorrected(known, each) }] as const];
      });
      const body = {
        annotations,
        expected_version: baseVersion,
        in_progress: true as const,
        ...(entries.length > 0 ? { asked: Object.fromEntries(entries) } : {}),
      };
      const answer = await saveAnnotations(imageId, body, isLeaving);
      return { version: answer.annotation_version, status: answer.status };
    },
    onSaved(imageId, annotations, answer) {
      tabs.tellSaved(imageId, answer.version);
      noteStatus(queryClient, imageId, answer.status, answer.version, annotations.length);
      void queryClient.invalidateQueries({ queryKey: annotationKeys.history(imageId) });
      void queryClient.invalidateQueries({ queryKey: ["images"] });
    },
    setStatus: (imageId, { datasetName, status }) => setStatus(datasetName, imageId, status),
    onWishSettled(imageId, { status }, refusal) {
      const key = imageQuery(imageId).queryKey;
      if (refusal === null) {
        noteStatus(queryClient, imageId, status);
        for (const changed of ["images", "datasets", "review"]) {
          void queryClient.invalidateQueries({ queryKey: [changed] });
        }
      } else {
        const name = queryClient.getQueryData(key)?.filename ?? "An image";
        notifyProblem(`${name} was not marked «${statusOf(status).label}»`, refusal);
        void queryClient.invalidateQueries({ queryKey: key });
      }
    },
  };
}

/** Keep what is shown of the image true without asking again. */
export function noteStatus(
  queryClient: QueryClient,
  imageId: string,
  status: ImageStatus,
  version?: number,
  count?: number,
): void {
  queryClient.setQueryData(imageQuery(imageId).queryKey, (image) =>
    image === undefined
      ? image
      : {
          ...image,
          status,
          annotation_version: version ?? image.annotation_version,
          annotation_count: count ?? image.annotation_count,
        },
  );
}

export function problemOf(error: unknown): SaveProblem {
  if (!(error instanceof ApiProblem)) {
    return { kind: "refused", message: error instanceof Error ? error.message : String(error), fix: null };
  }
  const { status, code, message, fix } = error;
  if (status === 0) return { kind: "offline", message, fix };
  if (status === 409 && code === "stale_annotations") return { kind: "conflict", message, fix };
  if (status >= 500 || status === 429 || status === 408) return { kind: "busy", message, fix };
  return { kind: "refused", message, fix };
}

/**
 * Look whether somebody else saved since, and show theirs or ask for a decision.
 *
 * @returns what the server has when it differs and nothing is unsaved here; else null.
 */
export async function checkVersion(editing: Editing): Promise<StoredAnnotations | null> {
  const { save, conflict } = editing.getState().saver;
  if (save.sending !== null || conflict !== null) return null;
  if ((await readVersion(editing.imageId)) === save.version) return null;
  const stored = await readStored(editing.imageId);
  const now = editing.saver.getState().save;
  if (stored.version === now.version || now.sending !== null) return null;
  if (now.changes > 0) {
    // The save is refused, and both sides are shown.
    await editing.saver.flush();
    return null;
  }
  editing.update(stored);
  return stored;
}
