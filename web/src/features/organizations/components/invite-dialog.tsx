import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { Role } from "@/features/session/use-session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { invite, organizationKeys } from "../api";
import { LinkToHandOn } from "./link-to-hand-on";
import { RoleSelect } from "./role-select";

type InviteRole = Exclude<Role, "owner">;

/** Invite an address; then the link, once. */
export function InviteDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const formId = useId();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<InviteRole>("member");
  const make = useMutation({
    mutationFn: () => invite(email, role),
    onSuccess: () => queries.invalidateQueries({ queryKey: organizationKeys.all }),
  });

  function close() {
    make.reset();
    setEmail("");
    onClose();
  }

  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={make.isSuccess ? "The invite is made" : "Invite somebody"}
      actions={
        make.isSuccess ? (
          <>
            <Button
              onClick={() => {
                make.reset();
                setEmail("");
              }}
            >
              Invite another
            </Button>
            <Button variant="primary" onClick={close}>
              Done
            </Button>
          </>
        ) : (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" form={formId} variant="primary" isBusy={make.isPending}>
              Invite
            </Button>
          </>
        )
      }
    >
      {make.isSuccess ? (
        <LinkToHandOn link={make.data.link} email={make.data.email} expiresAt={make.data.expires_at} />
      ) : (
        <form
          id={formId}
          className="flex flex-col gap-3.5"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <TextField
            label="E-mail"
            type="email"
            required
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <RoleSelect
            label="Role"
            value={role}
            onChange={(next) => setRole(next as InviteRole)}
            without={["owner"]}
          />
          {make.isError && <ProblemNote problem={make.error} />}
        </form>
      )}
    </Dialog>
  );
}
