import { useMutation } from "@tanstack/react-query";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemNote } from "@/ui/problem-note";
import { makePasswordLink, type OrganizationMember } from "../api";
import { LinkToHandOn } from "./link-to-hand-on";
import { nameOf } from "./members-table";

interface PasswordLinkDialogProps {
  /** Whose password was forgotten; null while the dialog is closed. */
  member: OrganizationMember | null;
  onClose: () => void;
}

export function PasswordLinkDialog({ member, onClose }: PasswordLinkDialogProps) {
  const make = useMutation({ mutationFn: makePasswordLink });

  function close() {
    make.reset();
    onClose();
  }

  return (
    <Dialog
      isOpen={member !== null}
      onClose={close}
      title={member ? `A new password for ${nameOf(member)}` : ""}
      actions={
        make.isSuccess ? (
          <Button variant="primary" onClick={close}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button
              variant="primary"
              isBusy={make.isPending}
              onClick={() => member && make.mutate(member.id)}
            >
              Make the link
            </Button>
          </>
        )
      }
    >
      {make.isSuccess ? (
        <LinkToHandOn link={make.data.link} email={make.data.email} expiresAt={make.data.expires_at} />
      ) : (
        <div className="flex flex-col gap-3 text-sm">
          <p className="text-muted">
            You make a link with which they choose a new password. Until they do, the old one goes on working;
            then all their sessions end. The audit log says that you made it.
          </p>
          {make.isError && <ProblemNote problem={make.error} />}
        </div>
      )}
    </Dialog>
  );
}
