import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";
import { ProblemNote } from "./problem-note";

interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** The verb on the button: "Delete dataset". */
  action: string;
  isDangerous?: boolean;
  /** What has to be typed first, for what cannot be undone. */
  typeToConfirm?: string;
  /** The dialog closes when it resolves, and shows the problem when it rejects. */
  onConfirm: () => Promise<unknown>;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { isOpen, onClose, title, children, action, isDangerous, typeToConfirm, onConfirm } = props;
  const [typed, setTyped] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  function close() {
    setTyped("");
    setProblem(null);
    onClose();
  }

  async function confirm() {
    setIsBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setProblem(error);
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={title}
      size="sm"
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant={isDangerous ? "danger" : "primary"}
            isBusy={isBusy}
            disabled={typeToConfirm !== undefined && typed !== typeToConfirm}
            onClick={confirm}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-sm">
        <div className="text-muted">{children}</div>
        {typeToConfirm !== undefined && (
          <TextField
            label={`Type ${typeToConfirm} to confirm`}
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}
