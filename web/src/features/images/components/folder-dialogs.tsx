/** A folder renamed or moved, or its images taken to the trash. */

import { ConfirmDialog } from "@/ui/confirm-dialog";
import { archiveFolder, moveFolder } from "../api";
import type { BeginBulkJob } from "../hooks/use-bulk-job";
import { MoveDialog } from "./move-dialog";

export interface FolderAction {
  kind: "move" | "archive";
  path: string;
}

interface FolderDialogsProps {
  datasetName: string;
  action: FolderAction | null;
  begin: BeginBulkJob;
  onClose: () => void;
}

export function FolderDialogs({ datasetName, action, begin, onClose }: FolderDialogsProps) {
  if (action === null) return null;
  const { kind, path } = action;
  if (kind === "move") {
    return (
      <MoveDialog
        datasetName={datasetName}
        title="Move or rename the folder"
        action="Move"
        initial={path}
        onClose={onClose}
        onMove={(target) => begin(moveFolder(datasetName, path, target), `moved to ${target}`)}
      >
        All that is in <strong className="break-all text-text">{path}</strong> goes along. Where the target
        exists, both become one; images whose name is taken get a number.
      </MoveDialog>
    );
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Move the folder's images to the trash?"
      action="Move to the trash"
      isDangerous
      onConfirm={() => begin(archiveFolder(datasetName, path), "moved to the trash")}
    >
      All images in <strong className="break-all text-text">{path}</strong> and below it leave the dataset.
      They can be brought back from the trash.
    </ConfirmDialog>
  );
}
