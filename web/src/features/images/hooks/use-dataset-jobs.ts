/** Jobs at work on a dataset's images: what is shown follows them, and a change of many images is told of at its end. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { Job } from "@/api/schema";
import { useLiveJobs } from "@/features/jobs/hooks/live-jobs";
import { plural } from "@/lib/format";
import { notify } from "@/ui/toast";
import { imageKeys, readBulkChange } from "../api";

/** Kinds of jobs that add images to the list, whose places the others would leave. */
const ADDING: ReadonlySet<string> = new Set(["connector_import", "extract_frames", "import"]);
/** Those, and kinds that change what is on images. */
const CHANGING: ReadonlySet<string> = new Set([
  ...ADDING,
  "annotate",
  "bulk_change",
  "change_classes",
  "ingest",
]);
/** What of a gallery is asked for again; looking for copies anew would take long. */
const DRAWN: ReadonlySet<string> = new Set(["annotations"]);
const SHOWN: ReadonlySet<string> = new Set(["annotations", "page", "pages"]);
const REFRESH_MS = 2000;
/** Longer ones are told of wherever people are. */
const TOLD_ELSEWHERE_MS = 15_000;

/**
 * Return the jobs that are changing images of the dataset now, newest first.
 *
 * `isSteady`: what is done to an image moves it nowhere in the list that is shown. Where it does, the list keeps its
 * order until the job is over; what is drawn on the images is asked for all the time.
 */
export function useDatasetJobs(name: string, isSteady: boolean): readonly Job[] {
  const jobs = useLiveJobs();
  const here = useMemo(
    () => jobs?.filter((job) => job.dataset_name === name && CHANGING.has(job.kind)) ?? null,
    [jobs, name],
  );
  useRefresh(name, here, isSteady);
  useEndings(name, here);
  return useMemo(() => (here ?? []).filter((job) => !isOver(job)), [here]);
}

/** Ask again for what is shown whenever a job got further, at most so often. */
function useRefresh(name: string, here: readonly Job[] | null, isSteady: boolean): void {
  const client = useQueryClient();
  const running = here?.filter((job) => !isOver(job)) ?? [];
  const isKept = running.length > 0 && (!isSteady || running.some((job) => ADDING.has(job.kind)));
  const kinds = useRef(DRAWN);
  kinds.current = isKept ? DRAWN : SHOWN;
  const stamp = here?.map((job) => `${job.id} ${job.state} ${job.progress} ${job.message}`).join() ?? null;
  const last = useRef<{ name: string; stamp: string; at: number } | null>(null);
  useEffect(() => {
    if (stamp === null) return;
    // What there is when the page opens was just asked for.
    if (last.current?.name !== name) last.current = { name, stamp, at: 0 };
    if (last.current.stamp === stamp) return;
    const wait = Math.max(0, last.current.at + REFRESH_MS - Date.now());
    const timer = window.setTimeout(() => {
      last.current = { name, stamp, at: Date.now() };
      void client.invalidateQueries({
        queryKey: imageKeys.all(name),
        predicate: ({ queryKey }) => kinds.current.has(String(queryKey[2])),
      });
      void client.invalidateQueries({ queryKey: ["datasets", "one", name] });
    }, wait);
    return () => window.clearTimeout(timer);
  }, [client, name, stamp]);
}

function useEndings(name: string, here: readonly Job[] | null): void {
  const known = useRef<{ name: string; jobs: ReadonlyMap<string, Job> } | null>(null);
  useEffect(() => {
    if (here === null) return;
    const before = known.current;
    known.current = { name, jobs: new Map(here.map((job) => [job.id, job])) };
    // What was over when the page was opened is no news.
    if (before?.name !== name) return;
    for (const job of here) {
      const was = before.jobs.get(job.id);
      if (job.kind === "bulk_change" && isOver(job) && (was === undefined || !isOver(was))) void tellEnd(job);
    }
  }, [name, here]);
}

async function tellEnd(job: Job): Promise<void> {
  const change = await readBulkChange(job.id).catch(() => null);
  if (change === null) return;
  const failed = change.failed_count ?? 0;
  const took = Date.parse(job.finished_at ?? "") - Date.parse(job.started_at ?? "");
  if (failed === 0 && took >= TOLD_ELSEWHERE_MS && job.state !== "cancelled") return;
  notify({
    title: `${plural(change.processed ?? 0, "image")} changed${job.state === "cancelled" ? ", then stopped" : ""}`,
    detail:
      change.error_message ??
      (failed > 0 ? `${plural(failed, "image")} left alone: ${change.failed?.[0]?.reason ?? ""}` : undefined),
    tone: job.state === "completed" && failed === 0 ? "ok" : "info",
  });
}

function isOver(job: Job): boolean {
  return job.state === "completed" || job.state === "failed" || job.state === "cancelled";
}
