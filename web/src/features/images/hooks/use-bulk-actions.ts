/** Changes to the chosen images, told about when they are done, with a way back where there is one. */

import { useCallback } from "react";
import { plural } from "@/lib/format";
import { notify, notifyProblem } from "@/ui/toast";
import type { BulkOperation } from "../api";
import { type BulkOutcome, useBulkChange } from "./use-bulk-change";

const DONE: Record<BulkOperation["kind"], string> = {
  status: "changed",
  move: "moved",
  copy: "copied",
  tag: "tagged",
  archive: "moved to the trash",
  restore: "brought back",
  delete: "deleted for good",
};

export function useBulkActions(name: string, onDone: () => void) {
  const { run, stop, progress } = useBulkChange(name);

  const tell = useCallback((operation: BulkOperation, outcome: BulkOutcome, undo?: () => void) => {
    const { processed, failed, reason, isStopped } = outcome;
    const left = failed > 0 ? `${plural(failed, "image")} left alone: ${reason}` : undefined;
    notify({
      title: `${plural(processed, "image")} ${DONE[operation.kind]}${isStopped ? ", then stopped" : ""}`,
      detail: left,
      tone: failed > 0 ? "info" : "ok",
      action: undo === undefined ? undefined : { label: "Undo", onSelect: undo },
    });
  }, []);

  /** Do it now, and throw what goes wrong: for dialogs, which show it. */
  const perform = useCallback(
    async (ids: readonly string[], operation: BulkOperation): Promise<void> => {
      const outcome = await run(ids, operation);
      const undo =
        operation.kind === "archive"
          ? () =>
              void run(ids, { kind: "restore" }).catch((error) => notifyProblem("Not brought back", error))
          : undefined;
      tell(operation, outcome, undo);
      onDone();
    },
    [run, tell, onDone],
  );

  /** Do it now; what goes wrong is a notice. */
  const start = useCallback(
    (ids: readonly string[], operation: BulkOperation) => {
      perform(ids, operation).catch((error) => notifyProblem("The images were not changed", error));
    },
    [perform],
  );
  return { start, perform, stop, progress };
}
