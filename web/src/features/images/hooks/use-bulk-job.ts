/** A change to a whole folder or the whole trash: done at once, or by a job that is followed to its end. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { plural } from "@/lib/format";
import { notify } from "@/ui/toast";
import { type BulkChange, imageKeys, readBulkChange } from "../api";

const LOOK_MS = 1000;

export function useBulkJob(name: string) {
  const client = useQueryClient();
  const [change, setChange] = useState<BulkChange | null>(null);
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);

  /** Resolves when the change is accepted; what a job goes on with is followed and told about. */
  const begin = useCallback(
    async (started: Promise<BulkChange>, done: string): Promise<void> => {
      const refresh = () =>
        Promise.all([
          client.invalidateQueries({ queryKey: imageKeys.all(name) }),
          client.invalidateQueries({ queryKey: ["datasets"] }),
        ]);
      const first = await started;
      async function follow(): Promise<void> {
        let last = first;
        while (last.job_id != null && (last.status === "pending" || last.status === "running")) {
          if (!isGone.current) setChange(last);
          await new Promise((resolve) => window.setTimeout(resolve, LOOK_MS));
          last = await readBulkChange(last.job_id);
        }
        if (!isGone.current) setChange(null);
        await refresh();
        tell(last, done);
      }
      follow().catch(() => {
        if (!isGone.current) setChange(null);
        void refresh();
      });
    },
    [client, name],
  );
  return { begin, change };
}

function tell(change: BulkChange, done: string): void {
  const isWhole = change.status === "completed" && change.failed_count === 0;
  notify({
    title: `${plural(change.processed, "image")} ${done}`,
    detail: isWhole
      ? undefined
      : (change.error_message ??
        (change.failed_count > 0
          ? `${plural(change.failed_count, "image")} left alone: ${change.failed?.[0]?.reason ?? ""}`
          : undefined)),
    tone: isWhole ? "ok" : "info",
  });
}
