/** A change to a whole folder or the whole trash: done at once, or by a job, which the live jobs tell of. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { plural } from "@/lib/format";
import { notify } from "@/ui/toast";
import { type BulkChange, imageKeys } from "../api";

export type BeginBulkJob = (started: Promise<BulkChange>, done: string) => Promise<void>;

/** Resolves when the change is accepted, and is told about where it is done by then. */
export function useBulkJob(name: string): BeginBulkJob {
  const client = useQueryClient();
  return useCallback(
    async (started, done) => {
      const change = await started;
      await Promise.all([
        client.invalidateQueries({ queryKey: imageKeys.all(name) }),
        client.invalidateQueries({ queryKey: ["datasets"] }),
      ]);
      if (change.job_id == null) tell(change, done);
    },
    [client, name],
  );
}

function tell(change: BulkChange, done: string): void {
  const failed = change.failed_count ?? 0;
  notify({
    title: `${plural(change.processed ?? 0, "image")} ${done}`,
    detail:
      failed > 0 ? `${plural(failed, "image")} left alone: ${change.failed?.[0]?.reason ?? ""}` : undefined,
    tone: failed > 0 ? "info" : "ok",
  });
}
