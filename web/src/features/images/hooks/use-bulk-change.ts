/** A change to the images that are chosen: by their ids, or by the list that all of them are of. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { type BulkOperation, changeImages, changeMatching, type ImageFilter, imageKeys } from "../api";
import type { Selection } from "../selection/selection";

/** What the server takes in one request. */
const IDS_A_REQUEST = 10_000;

export interface BulkOutcome {
  processed: number;
  failed: number;
  /** Why the first that was left alone was. */
  reason: string | null;
  /** The job that goes on with it, where there are many: its progress is the live jobs'. */
  jobId: string | null;
  total: number;
}

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
        ]);
      }
    },
    [client, name],
  );

  const changeThese = useCallback(
    (ids: readonly string[], operation: BulkOperation) =>
      during(async () => {
        const outcome = {
          processed: 0,
          failed: 0,
          reason: null as string | null,
          jobId: null,
          total: ids.length,
        };
        for (let start = 0; start < ids.length; start += IDS_A_REQUEST) {
          const result = await changeImages(name, ids.slice(start, start + IDS_A_REQUEST), operation);
          outcome.processed += result.processed;
          outcome.failed += result.failed?.length ?? 0;
          outcome.reason ??= result.failed?.[0]?.reason ?? null;
        }
        return outcome;
      }),
    [during, name],
  );

  const changeAll = useCallback(
    (list: ImageFilter, except: Selection["ids"], operation: BulkOperation) =>
      during(async () => {
        const change = await changeMatching(name, list, [...except], operation);
        return {
          processed: change.processed ?? 0,
          failed: change.failed_count ?? 0,
          reason: change.failed?.[0]?.reason ?? null,
          jobId: change.job_id ?? null,
          total: change.total ?? 0,
        };
      }),
    [during, name],
  );
  return { changeThese, changeAll, isBusy };
}
