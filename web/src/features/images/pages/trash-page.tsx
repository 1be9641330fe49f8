/** Images that were taken out of a dataset: brought back, or deleted for good. */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ArchiveRestore, Trash2, X } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { countsQuery, datasetQuery } from "@/features/datasets/api";
import { useMay } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import { plural } from "@/lib/format";
import { useStored } from "@/lib/storage";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { EmptyState } from "@/ui/empty-state";
import { IconButton } from "@/ui/icon-button";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { emptyTrash, type ImageFilter, restoreTrash } from "../api";
import { PendingGrid } from "../components/gallery-notices";
import { ImageGrid } from "../components/image-grid";
import { useBulkActions } from "../hooks/use-bulk-actions";
import { useBulkJob } from "../hooks/use-bulk-job";
import { useImagePages } from "../hooks/use-image-pages";
import { useSelectMatching } from "../hooks/use-select-matching";
import { NOTHING, type Selection } from "../selection/selection";

const TRASH: ImageFilter = { archived: true };

export function TrashPage() {
  const { name = "" } = useParams({ strict: false });
  const dataset = useQuery(datasetQuery(name));
  const counts = useQuery(countsQuery(name));
  const pages = useImagePages(name, TRASH);
  const colors = useMemo(() => classColors(dataset.data?.classes), [dataset.data?.classes]);
  const mayChange = useMay("member");
  const mayDelete = useMay("admin");
  const [size] = useStored("gallery.size", 180);
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [confirms, setConfirms] = useState<"chosen" | "all" | null>(null);
  const clear = useCallback(() => setSelection(NOTHING), []);
  const { start, perform, progress } = useBulkActions(name, clear);
  const { begin, change } = useBulkJob(name);
  const choose = useCallback((ids: Set<string>) => setSelection({ ids, anchor: null }), []);
  const { selectMatching } = useSelectMatching(name, TRASH, choose);
  const chosen = [...selection.ids];
  const total = counts.data?.archived_image_count ?? 0;

  if (!pages.isPending && pages.count === 0) {
    return (
      <EmptyState icon={<Trash2 />} title="The trash is empty">
        Images that are taken out of the dataset wait here, with their annotations. They are in no list,
        version or export, and can be brought back.
      </EmptyState>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-14 flex-wrap items-center gap-2 px-6 py-2.5">
        <p aria-live="polite" className="mr-auto text-muted text-sm tabular-nums">
          {chosen.length > 0
            ? `${plural(chosen.length, "image")} chosen`
            : `${plural(total, "image")} in the trash, in no list, version or export`}
        </p>
        {chosen.length > 0 ? (
          <>
            {mayChange && (
              <Button isBusy={progress !== null} onClick={() => start(chosen, { kind: "restore" })}>
                <ArchiveRestore className="size-4" /> Bring back
              </Button>
            )}
            {mayDelete && (
              <Button variant="danger" onClick={() => setConfirms("chosen")}>
                Delete for good
              </Button>
            )}
            <IconButton label="Choose none" shortcut="Esc" onClick={clear}>
              <X />
            </IconButton>
          </>
        ) : (
          <>
            {mayChange && (
              <Button
                disabled={change !== null}
                onClick={() => void begin(restoreTrash(name), "brought back")}
              >
                <ArchiveRestore className="size-4" /> Bring all back
              </Button>
            )}
            {mayDelete && (
              <Button variant="danger" disabled={change !== null} onClick={() => setConfirms("all")}>
                Empty the trash
              </Button>
            )}
          </>
        )}
      </div>
      {change && (
        <div className="px-6 pb-2" aria-live="polite">
          <ProgressBar label="Changing the trash" value={change.progress / 100} />
        </div>
      )}
      <div className="min-h-0 grow">
        {pages.problem ? (
          <div className="px-6">
            <ProblemNote problem={pages.problem} onRetry={pages.retry} />
          </div>
        ) : pages.isPending ? (
          <PendingGrid cellWidth={size} />
        ) : (
          <ImageGrid
            label={`Images in the trash of ${name}`}
            datasetName={name}
            pages={pages}
            colors={colors}
            cellWidth={size}
            isDrawn
            selection={selection}
            onSelect={setSelection}
            onSelectAll={selectMatching}
            list={null}
            onOpen={(id) => setSelection({ ids: new Set([id]), anchor: null })}
            scrollKey={`trash ${name}`}
          />
        )}
      </div>
      <ConfirmDialog
        isOpen={confirms === "chosen"}
        onClose={() => setConfirms(null)}
        title={`Delete ${plural(chosen.length, "image")} for good?`}
        action="Delete for good"
        isDangerous
        onConfirm={() => perform(chosen, { kind: "delete" })}
      >
        With their annotations and history. This cannot be undone; versions that hold them keep them.
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={confirms === "all"}
        onClose={() => setConfirms(null)}
        title="Empty the trash?"
        action="Empty the trash"
        isDangerous
        onConfirm={() => begin(emptyTrash(name), "deleted for good")}
      >
        {plural(total, "image")} with their annotations and history are deleted. This cannot be undone;
        versions that hold them keep them.
      </ConfirmDialog>
    </div>
  );
}
