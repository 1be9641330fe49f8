/** A change to the images that are chosen: by their ids, or by the list that all of them are of. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { reviewKeys } from "@/features/review/api";
import {
  type BulkChange,
  type BulkOperation,
  changeImages,
  changeMatching,
  changeNamed,
  type ImageFilter,
  imageKeys,
} from "../api";
import type { Selection } from "../selection/selection";

/** What the server changes in one request. More are a job's, which goes on when this tab is closed. */
const IDS_A_REQUEST = 10_000;
/** What one job takes. */
const IDS_A_JOB = 100_000;

export interface BulkOutcome {
  processed: number;
  failed: number;
  /** Why the first that was left alone was. */
  reason: string | null;
  /** The job that goes on with it, where there are many: its progress is the live jobs'. */
  jobId: string | null;
  total: number;
}

const NOTHING_DONE: BulkOutcome = { processed: 0, failed: 0, reason: null, jobId: null, total: 0 };

export function useBulkChange(name: string) {
  const client = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);

  const during = useCallback(
    async (change: () => Promise<BulkOutcome>): Promise<BulkOutcome> => {
      setIsBusy(true);
      try {
        return await change();
      } finally {
        setIsBusy(false);
        await Promise.all([
          client.invalidateQueries({ queryKey: imageKeys.all(name) }),
          client.invalidateQueries({ queryKey: ["datasets"] }),
          client.invalidateQueries({ queryKey: reviewKeys.dataset(name) }),
        ]);
      }
    },
    [client, name],
  );

  const changeThese = useCallback(
    (ids: readonly string[], operation: BulkOperation) =>
      during(async () => {
        if (operation.kind !== "assign" && ids.length <= IDS_A_REQUEST) {
          const { processed, failed } = await changeImages(name, ids, operation);
          const reason = failed?.[0]?.reason ?? null;
          return { processed, failed: failed?.length ?? 0, reason, jobId: null, total: ids.length };
        }
        const outcome = { ...NOTHING_DONE };
        for (let start = 0; start < ids.length; start += IDS_A_JOB) {
          const begun = outcomeOf(await changeNamed(name, ids.slice(start, start + IDS_A_JOB), operation));
          outcome.processed += begun.processed;
          outcome.failed += begun.failed;
          outcome.reason ??= begun.reason;
          outcome.jobId ??= begun.jobId;
          outcome.total += begun.total;
        }
        return outcome;
      }),
    [during, name],
  );

  const changeAll = useCallback(
    (list: ImageFilter, except: Selection["ids"], operation: BulkOperation) =>
      during(async () => outcomeOf(await changeMatching(name, list, [...except], operation))),
    [during, name],
  );
  return { changeThese, changeAll, isBusy };
}

function outcomeOf(change: BulkChange): BulkOutcome {
  return {
    processed: change.processed ?? 0,
    failed: change.failed_count ?? 0,
    reason: change.failed?.[0]?.reason ?? null,
    jobId: change.job_id ?? null,
    total: change.total ?? 0,
  };
}
