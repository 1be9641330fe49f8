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
import { emptyTrash, type ImageFilter, restoreTrash } from "../api";
import { BulkProgress } from "../components/bulk-progress";
import { PendingGrid } from "../components/gallery-notices";
import { ImageGrid } from "../components/image-grid";
import { chosenOf, useBulkActions } from "../hooks/use-bulk-actions";
import { useBulkJob } from "../hooks/use-bulk-job";
import { useDatasetJobs } from "../hooks/use-dataset-jobs";
import { useImagePages } from "../hooks/use-image-pages";
import { countChosen, EVERYTHING, hasChoice, NOTHING, type Selection } from "../selection/selection";

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
  const { start, perform, isBusy } = useBulkActions(name, TRASH, clear);
  const begin = useBulkJob(name);
  const jobs = useDatasetJobs(name, true);
  const isChanging = jobs.some((job) => job.kind === "bulk_change");
  const total = counts.data?.archived_image_count ?? 0;
  const chosen = plural(countChosen(selection, total) ?? 0, "image");

  if (!pages.isPending && pages.count === 0) {
    return (
      <EmptyState icon={<Trash2 />} title="The trash is empty">
        Images that are taken out of the dataset wait here, with their annotations. They are in no list,
        version or export, and can be brought back.
      </EmptyState>
    );
  }
  return (
    <div className="relative flex h-full min-h-0 flex-col">
      <BulkProgress jobs={jobs} />
      <div className="flex min-h-14 flex-wrap items-center gap-2 px-6 py-2.5">
        <p aria-live="polite" className="mr-auto text-muted text-sm tabular-nums">
          {hasChoice(selection)
            ? `${chosen} chosen`
            : `${plural(total, "image")} in the trash, in no list, version or export`}
        </p>
        {hasChoice(selection) ? (
          <>
            {mayChange && (
              <Button isBusy={isBusy} onClick={() => start(selection, { kind: "restore" })}>
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
              <Button disabled={isChanging} onClick={() => void begin(restoreTrash(name), "brought back")}>
                <ArchiveRestore className="size-4" /> Bring all back
              </Button>
            )}
            {mayDelete && (
              <Button variant="danger" disabled={isChanging} onClick={() => setConfirms("all")}>
                Empty the trash
              </Button>
            )}
          </>
        )}
      </div>
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
            isLive={false}
            selection={selection}
            onSelect={setSelection}
            onSelectAll={() => setSelection(EVERYTHING)}
            list={null}
            onOpen={(id) => setSelection(chosenOf([id]))}
            scrollKey={`trash ${name}`}
          />
        )}
      </div>
      <ConfirmDialog
        isOpen={confirms === "chosen"}
        onClose={() => setConfirms(null)}
        title={`Delete ${chosen} for good?`}
        action="Delete for good"
        isDangerous
        onConfirm={() => perform(selection, { kind: "delete" })}
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
