/** Changes to the chosen images, told about when they are done, with a way back where there is one. */

import { useCallback } from "react";
import { plural } from "@/lib/format";
import { notify, notifyProblem } from "@/ui/toast";
import { type BulkOperation, type ImageFilter, idsMatching } from "../api";
import { NOTHING, type Selection } from "../selection/selection";
import { type BulkOutcome, useBulkChange } from "./use-bulk-change";

const DONE: Record<Exclude<BulkOperation["kind"], "assign">, string> = {
  status: "changed",
  move: "moved",
  copy: "copied",
  tag: "tagged",
  archive: "moved to the trash",
  restore: "brought back",
  delete: "deleted for good",
};

/** Many are a job's, and the trash is where they come back from. */
const UNDONE_AT_MOST = 2000;

/** `list`: what all are of when all are chosen. */
export function useBulkActions(name: string, list: ImageFilter, onDone: () => void) {
  const { changeThese, changeAll, isBusy } = useBulkChange(name);

  const tell = useCallback((operation: BulkOperation, outcome: BulkOutcome, undo?: () => void) => {
    const { processed, failed, reason, jobId, total } = outcome;
    if (jobId !== null) {
      notify({
        title: `${plural(total, "image")} are being changed`,
        detail: "The server goes on with it when this page is closed.",
        tone: "info",
      });
      return;
    }
    notify({
      title: `${plural(processed, "image")} ${doneWords(operation)}`,
      detail: failed > 0 ? `${plural(failed, "image")} left alone: ${reason}` : undefined,
      tone: failed > 0 ? "info" : "ok",
      action: undo === undefined ? undefined : { label: "Undo", onSelect: undo },
    });
  }, []);

  /** Do it now, and throw what goes wrong: for dialogs, which show it. */
  const perform = useCallback(
    async (selection: Selection, operation: BulkOperation): Promise<void> => {
      const ids = operation.kind === "archive" ? await fewOf(name, list, selection) : idsOf(selection);
      if (ids === null) tell(operation, await changeAll(list, selection.ids, operation));
      else {
        const outcome = await changeThese(ids, operation);
        const undo = () =>
          void changeThese(ids, { kind: "restore" }).catch((error) =>
            notifyProblem("Not brought back", error),
          );
        tell(operation, outcome, operation.kind === "archive" ? undo : undefined);
      }
      onDone();
    },
    [name, changeThese, changeAll, list, tell, onDone],
  );

  /** Do it now; what goes wrong is a notice. */
  const start = useCallback(
    (selection: Selection, operation: BulkOperation) => {
      perform(selection, operation).catch((error) => notifyProblem("The images were not changed", error));
    },
    [perform],
  );
  return { start, perform, isBusy };
}

function doneWords(operation: BulkOperation): string {
  return operation.kind === "assign" ? `given to ${operation.personName}` : DONE[operation.kind];
}

function idsOf({ ids, isAll }: Selection): string[] | null {
  return isAll ? null : [...ids];
}

/** The same for what can be undone: of all that match, too, where those are few. */
async function fewOf(name: string, list: ImageFilter, selection: Selection): Promise<string[] | null> {
  if (!selection.isAll) return idsOf(selection);
  const chosen: string[] = [];
  for await (const page of idsMatching(name, list, new AbortController().signal)) {
    for (const id of page) if (!selection.ids.has(id)) chosen.push(id);
    if (chosen.length > UNDONE_AT_MOST) return null;
  }
  return chosen;
}

/** Return the choice of just these images. */
export function chosenOf(ids: Iterable<string>): Selection {
  return { ...NOTHING, ids: new Set(ids) };
}
