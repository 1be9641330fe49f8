/** Images, or a whole folder, on their way to another folder. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { foldersQuery } from "@/features/datasets/api";
import { SelectField, TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import type { DuplicateHandling } from "../api";

interface MoveDialogProps {
  datasetName: string;
  title: string;
  children?: ReactNode;
  action: string;
  initial: string;
  /** Whether to ask what happens where a name is taken. */
  asksHandling?: boolean;
  onClose: () => void;
  onMove: (folder: string, handling: DuplicateHandling) => Promise<unknown>;
}

export function MoveDialog(props: MoveDialogProps) {
  const { datasetName, title, children, action, initial, asksHandling, onClose, onMove } = props;
  const folders = useQuery(foldersQuery(datasetName));
  const [folder, setFolder] = useState(initial);
  const [handling, setHandling] = useState<DuplicateHandling>("rename");
  const listId = useId();

  return (
    <FormDialog
      title={title}
      action={action}
      canSubmit={folder.trim() !== ""}
      onClose={onClose}
      onSubmit={() => onMove(folder.trim(), handling)}
    >
      {children && <p className="text-muted text-sm">{children}</p>}
      <TextField
        label="Folder"
        hint="Starts with a slash. It is made if there is none of that name."
        list={listId}
        value={folder}
        maxLength={1000}
        onChange={(event) => setFolder(event.target.value)}
      />
      <datalist id={listId}>
        {(folders.data ?? []).slice(0, 500).map((each) => (
          <option key={each.path} value={each.path} />
        ))}
      </datalist>
      {asksHandling && (
        <SelectField
          label="Where a name is taken there"
          value={handling}
          onChange={(value) => setHandling(value as DuplicateHandling)}
          options={[
            { value: "rename", label: "Give the image a number" },
            { value: "skip", label: "Leave the image where it is" },
            { value: "overwrite", label: "Move the other one to the trash" },
          ]}
        />
      )}
    </FormDialog>
  );
}
