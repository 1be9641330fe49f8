import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ProblemNote } from "./problem-note";

interface FormDialogProps {
  title: ReactNode;
  description?: ReactNode;
  /** The verb on the button: "Create version". */
  action: string;
  canSubmit?: boolean;
  isDangerous?: boolean;
  size?: "sm" | "md" | "lg";
  onClose: () => void;
  /** The dialog closes when it resolves, and shows the problem when it rejects. */
  onSubmit: () => Promise<unknown>;
  children: ReactNode;
}

/** Fields and one thing to do with them; Enter does it too. Is there only while it is open. */
export function FormDialog(props: FormDialogProps) {
  const { title, description, action, canSubmit = true, isDangerous, size = "sm" } = props;
  const { onClose, onSubmit, children } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (!canSubmit || isBusy) return;
    setIsBusy(true);
    setProblem(null);
    try {
      await onSubmit();
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
      description={description}
      size={size}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant={isDangerous ? "danger" : "primary"}
            isBusy={isBusy}
            disabled={!canSubmit}
            onClick={() => submit()}
          >
            {action}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-3" onSubmit={submit}>
        {children}
        <button type="submit" hidden tabIndex={-1}>
          {action}
        </button>
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}
