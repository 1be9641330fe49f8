/** The bar of what is chosen in the gallery, and the dialogs that it opens. */

import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ClassAnswer, ClassCount } from "@/features/datasets/api";
import { useMay } from "@/features/session/use-session";
import { plural } from "@/lib/format";
import { notify } from "@/ui/toast";
import { useBulkActions } from "../hooks/use-bulk-actions";
import { AnnotateDialog } from "./annotate-dialog";
import { BulkBar, type BulkDialog } from "./bulk-bar";
import { CopyDialog } from "./copy-dialog";
import { MoveDialog } from "./move-dialog";
import { TagDialog } from "./tag-dialog";

interface GallerySelectionProps {
  datasetName: string;
  ids: ReadonlySet<string>;
  total: number | null;
  selecting: number | null;
  classes: readonly ClassAnswer[];
  /** Classes that images are tagged with. */
  tags: readonly ClassCount[];
  onSelectAll: () => void;
  onClear: () => void;
  onSimilar: (imageId: string) => void;
}

export function GallerySelection(props: GallerySelectionProps) {
  const { datasetName, ids, total, selecting, classes, tags, onSelectAll, onClear, onSimilar } = props;
  const navigate = useNavigate();
  const mayChange = useMay("member");
  const [dialog, setDialog] = useState<BulkDialog | null>(null);
  const { start, perform, stop, progress } = useBulkActions(datasetName, onClear);
  const chosen = [...ids];
  const close = () => setDialog(null);
  return (
    <>
      <BulkBar
        count={ids.size}
        total={total}
        selecting={selecting}
        progress={progress}
        mayChange={mayChange}
        onSelectAll={onSelectAll}
        onClear={onClear}
        onStatus={(status) => start(chosen, { kind: "status", status })}
        onDialog={setDialog}
        onArchive={() => start(chosen, { kind: "archive" })}
        onSimilar={() => chosen[0] !== undefined && onSimilar(chosen[0])}
        onStop={stop}
      />
      {dialog === "move" && (
        <MoveDialog
          datasetName={datasetName}
          title={`Move ${plural(ids.size, "image")} to a folder`}
          action="Move"
          initial="/"
          asksHandling
          onClose={close}
          onMove={(folder, handling) => perform(chosen, { kind: "move", folder, handling })}
        />
      )}
      {dialog === "copy" && (
        <CopyDialog
          datasetName={datasetName}
          count={ids.size}
          onClose={close}
          onCopy={(dataset, withAnnotations) => perform(chosen, { kind: "copy", dataset, withAnnotations })}
        />
      )}
      {dialog === "tag" && (
        <TagDialog
          count={ids.size}
          known={tags.map((each) => each.name)}
          onClose={close}
          onTag={(add, remove) => perform(chosen, { kind: "tag", add, remove })}
        />
      )}
      {dialog === "annotate" && (
        <AnnotateDialog
          datasetName={datasetName}
          ids={chosen}
          classes={classes}
          onClose={close}
          onStarted={(job) => {
            close();
            onClear();
            notify({
              title: `The annotator looks at ${plural(job.total_images, "image")}`,
              detail: "What it finds appears in the gallery as it goes.",
              action: { label: "Show jobs", onSelect: () => void navigate({ to: "/jobs" }) },
            });
          }}
        />
      )}
    </>
  );
}
