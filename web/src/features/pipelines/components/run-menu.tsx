/** What can be done with a run, beside its title. */

import { Ellipsis, OctagonX, Pencil, Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Menu, MenuItem } from "@/ui/menu";
import { isOpen, type PipelineRun } from "../api";
import type { RunActions } from "../hooks/use-run-actions";

export function RunMenu({ run, actions }: { run: PipelineRun; actions: RunActions }) {
  const [isCancelling, setIsCancelling] = useState(false);
  const [isRenaming, setIsRenaming] = useState(false);
  const mayResume =
    run.status === "failed" ||
    run.status === "cancelled" ||
    (run.status === "waiting" && run.waiting_for === "credits");
  return (
    <>
      {isOpen(run) && (
        <Button onClick={() => setIsCancelling(true)}>
          <OctagonX className="size-4" /> Cancel
        </Button>
      )}
      {mayResume && (
        <Button variant="primary" isBusy={actions.resume.isPending} onClick={() => actions.resume.mutate()}>
          <Play className="size-4" /> Resume
        </Button>
      )}
      {!isOpen(run) && (
        <Button isBusy={actions.rerun.isPending} onClick={() => actions.rerun.mutate()}>
          <RotateCcw className="size-4" /> Run again
        </Button>
      )}
      <Menu
        trigger={
          <IconButton label="More">
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem icon={<Pencil />} onSelect={() => setIsRenaming(true)}>
          Rename
        </MenuItem>
        {isOpen(run) && (
          <MenuItem icon={<RotateCcw />} onSelect={() => actions.rerun.mutate()}>
            Run the same again
          </MenuItem>
        )}
      </Menu>
      <ConfirmDialog
        isOpen={isCancelling}
        onClose={() => setIsCancelling(false)}
        title="Cancel this run?"
        action="Cancel the run"
        isDangerous
        onConfirm={() => actions.cancel.mutateAsync()}
      >
        The job that is at work stops. What is uploaded and labelled stays, credits that were not used come
        back, and the run can be resumed.
      </ConfirmDialog>
      {isRenaming && <RenameDialog run={run} actions={actions} onClose={() => setIsRenaming(false)} />}
    </>
  );
}

function RenameDialog({
  run,
  actions,
  onClose,
}: {
  run: PipelineRun;
  actions: RunActions;
  onClose: () => void;
}) {
  const [name, setName] = useState(run.name);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Rename the run"
      size="sm"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            isBusy={actions.rename.isPending}
            disabled={name.trim() === ""}
            onClick={() => actions.rename.mutate(name.trim(), { onSuccess: onClose })}
          >
            Rename
          </Button>
        </>
      }
    >
      <TextField
        label="Name"
        value={name}
        maxLength={200}
        autoComplete="off"
        problem={actions.rename.error?.message}
        onChange={(event) => setName(event.target.value)}
      />
    </Dialog>
  );
}
