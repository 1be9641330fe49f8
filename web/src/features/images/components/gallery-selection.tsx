/** The bar of what is chosen in the gallery, and the dialogs that it opens. */

import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ClassAnswer, ClassCount } from "@/features/datasets/api";
import { useMay } from "@/features/session/use-session";
import { formatCount, plural } from "@/lib/format";
import { notify, notifyProblem } from "@/ui/toast";
import type { ImageFilter } from "../api";
import { useBulkActions } from "../hooks/use-bulk-actions";
import { useMatchingIds } from "../hooks/use-matching-ids";
import { countChosen, type Selection } from "../selection/selection";
import { AnnotateDialog } from "./annotate-dialog";
import { AssignDialog } from "./assign-dialog";
import { BulkBar, type BulkDialog } from "./bulk-bar";
import { CopyDialog } from "./copy-dialog";
import { MoveDialog } from "./move-dialog";
import { TagDialog } from "./tag-dialog";

interface GallerySelectionProps {
  datasetName: string;
  /** The list that is shown: all of it is what all chosen means. */
  list: ImageFilter;
  selection: Selection;
  /** How many match; null where that is not known. */
  total: number | null;
  classes: readonly ClassAnswer[];
  /** Classes that images are tagged with. */
  tags: readonly ClassCount[];
  onSelectAll: () => void;
  onClear: () => void;
  onSimilar: (imageId: string) => void;
}

export function GallerySelection(props: GallerySelectionProps) {
  const { datasetName, list, selection, total, classes, tags, onSelectAll, onClear, onSimilar } = props;
  const navigate = useNavigate();
  const mayChange = useMay("member");
  const [dialog, setDialog] = useState<BulkDialog | null>(null);
  /** For the dialog that asks by ids. */
  const [ids, setIds] = useState<readonly string[]>([]);
  const { start, perform, isBusy } = useBulkActions(datasetName, list, onClear);
  const { collect, found } = useMatchingIds(datasetName, list);
  const count = countChosen(selection, total);
  const what = count === null ? "all images that match" : plural(count, "image");
  const isWhole = selection.isAll ? selection.ids.size === 0 : count === total;
  const [first] = selection.ids;
  const close = () => setDialog(null);

  async function open(wanted: BulkDialog) {
    if (wanted === "annotate") {
      const found = await collect(selection);
      if (found === null) return;
      setIds(found);
    }
    setDialog(wanted);
  }
  return (
    <>
      <BulkBar
        what={count === null ? "All that match" : what}
        isOne={!selection.isAll && selection.ids.size === 1}
        all={isWhole ? null : total === null ? "All that match" : `All ${formatCount(total)}`}
        selecting={found}
        isBusy={isBusy}
        mayChange={mayChange}
        onSelectAll={onSelectAll}
        onClear={onClear}
        onStatus={(status) => start(selection, { kind: "status", status })}
        onDialog={(wanted) => {
          open(wanted).catch((error) => notifyProblem("The images were not looked up", error));
        }}
        onArchive={() => start(selection, { kind: "archive" })}
        onSimilar={() => first !== undefined && onSimilar(first)}
      />
      {dialog === "move" && (
        <MoveDialog
          datasetName={datasetName}
          title={`Move ${what} to a folder`}
          action="Move"
          initial="/"
          asksHandling
          onClose={close}
          onMove={(folder, handling) => perform(selection, { kind: "move", folder, handling })}
        />
      )}
      {dialog === "copy" && (
        <CopyDialog
          datasetName={datasetName}
          what={what}
          onClose={close}
          onCopy={(dataset, withAnnotations) =>
            perform(selection, { kind: "copy", dataset, withAnnotations })
          }
        />
      )}
      {dialog === "tag" && (
        <TagDialog
          what={what}
          known={tags.map((each) => each.name)}
          onClose={close}
          onTag={(add, remove) => perform(selection, { kind: "tag", add, remove })}
        />
      )}
      {dialog === "assign" && (
        <AssignDialog
          what={what}
          onClose={close}
          onAssign={({ id, name }, toReview) =>
            perform(selection, { kind: "assign", person: id, personName: name, toReview })
          }
        />
      )}
      {dialog === "annotate" && (
        <AnnotateDialog
          datasetName={datasetName}
          ids={ids}
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
