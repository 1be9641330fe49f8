/** Images, or a whole folder, on their way to another folder. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { foldersQuery } from "@/features/datasets/api";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
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
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const listId = useId();

  async function move() {
    setIsBusy(true);
    setProblem(null);
    try {
      await onMove(folder.trim() || "/", handling);
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      size="sm"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" isBusy={isBusy} disabled={folder.trim() === ""} onClick={move}>
            {action}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void move();
        }}
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
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}
