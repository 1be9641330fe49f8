/** Changes of classes that are being written into the images, and those that failed. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { followEvents } from "@/api/events";
import { formatCount, plural } from "@/lib/format";
import { ProgressBar } from "@/ui/progress-bar";
import {
  type ClassChange,
  classChangeEvents,
  classChangesQuery,
  datasetKeys,
  invalidateDataset,
} from "../api";

export function ClassChanges({ datasetName }: { datasetName: string }) {
  const client = useQueryClient();
  const changes = useQuery(classChangesQuery(datasetName));
  const shown = (changes.data ?? []).filter((change) => change.status === "pending");
  const failed = (changes.data ?? []).slice(0, 3).filter((change) => change.status === "failed");
  // They are written one after the other, the oldest first; a browser has few connections for streams.
  const running = shown.at(-1)?.id;
  useEffect(() => {
    if (running === undefined) return;
    return followEvents(classChangeEvents(datasetName, running), {
      onSnapshot: (snapshot) => {
        const { class_change: newer } = snapshot as { class_change: ClassChange };
        client.setQueryData<ClassChange[]>(datasetKeys.classChanges(datasetName), (known) =>
          known?.map((each) => (each.id === newer.id ? newer : each)),
        );
        // With the list, which has no more of it to follow: the end of the stream is not waited for.
        if (newer.status !== "pending") void invalidateDataset(client, datasetName);
      },
    });
  }, [client, datasetName, running]);
  if (shown.length + failed.length === 0) return null;
  return (
    <ul aria-label="Changes under way" aria-live="polite" className="mb-4 flex flex-col gap-2">
      {shown.map((change) => (
        <li key={change.id} className="rounded-lg border border-line bg-surface px-3 py-2.5 text-sm">
          <div className="mb-1.5 flex justify-between gap-3">
            <span>{wordsOf(change)}</span>
            <span className="shrink-0 text-muted tabular-nums">
              {plural(change.images_changed ?? 0, "image")} done
            </span>
          </div>
          <ProgressBar label={wordsOf(change)} value={null} />
        </li>
      ))}
      {failed.map((change) => (
        <li key={change.id} className="rounded-lg bg-danger-soft px-3 py-2.5 text-sm">
          {wordsOf(change)} stopped after {formatCount(change.images_changed ?? 0)} images:{" "}
          {change.error_message}
        </li>
      ))}
    </ul>
  );
}

function wordsOf(change: ClassChange): string {
  const names = change.class_names.join(", ");
  if (change.kind === "delete") return `Deleting ${names}`;
  return change.kind === "merge"
    ? `Merging ${names} into ${change.target}`
    : `Renaming ${names} to ${change.target}`;
}
