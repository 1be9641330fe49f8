/** What is drawn on the image of the queue: what it says now, and what it said before people changed it. */

import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type AnnotationVersion, historyQuery, readStored, versionQuery } from "@/features/annotations/api";
import { pictureAddress, type ReviewItem } from "../api";

/** Annotations of an image at the version that the queue named: a later one has another key. */
export function storedQuery(item: ReviewItem) {
  const { id, annotation_version: version } = item.image;
  return queryOptions({
    queryKey: ["annotations", "review", id, version],
    staleTime: 60_000,
    queryFn: ({ signal }) => readStored(id, signal),
  });
}

/** The next images and their annotations are there before somebody asks for them. */
export function useLoadedAhead(items: readonly ReviewItem[]): void {
  const client = useQueryClient();
  useEffect(() => {
    for (const item of items.slice(1, 4)) {
      void client.prefetchQuery(storedQuery(item));
      new Image().src = pictureAddress(item);
    }
  }, [items, client]);
}

/** The state before people changed it; null where nobody has, undefined until it is known. */
export function useBefore(item: ReviewItem | undefined): AnnotationVersion | null | undefined {
  const current = item?.image.annotation_version ?? 0;
  const history = useQuery({
    ...historyQuery(item?.image.id ?? ""),
    enabled: item !== undefined && current > 1,
    // It may have been edited a moment ago.
    staleTime: 0,
  });
  if (item !== undefined && current <= 1) return null;
  return history.data && beforeOf(history.data);
}

/** Return what a machine said last before the newest state, or else what was there before. */
export function beforeOf(versions: readonly AnnotationVersion[]): AnnotationVersion | null {
  const [now, ...older] = versions.toSorted((a, b) => b.version - a.version);
  if (!now || isMachine(now)) return null;
  return older.find(isMachine) ?? older.find((each) => each.version > 0 && each.annotation_count > 0) ?? null;
}

export function useAnnotationsBefore(
  item: ReviewItem | undefined,
  before: AnnotationVersion | null | undefined,
) {
  return useQuery({
    ...versionQuery(item?.image.id ?? "", before?.version ?? 0),
    enabled: item !== undefined && Boolean(before),
  });
}

/** People are `user:<id>`; engines and jobs are not. */
function isMachine(version: AnnotationVersion): boolean {
  return Boolean(version.saved_by) && !version.saved_by?.startsWith("user:");
}
