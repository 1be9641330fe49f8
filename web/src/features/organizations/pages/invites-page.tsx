import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MailPlus } from "lucide-react";
import { useState } from "react";
import { RoleNote } from "@/features/session/role-note";
import { useMay } from "@/features/session/use-session";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { EmptyState } from "@/ui/empty-state";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { notify } from "@/ui/toast";
import { invitesQuery, type OrganizationInvite, organizationKeys, revokeInvite } from "../api";
import { InviteDialog } from "../components/invite-dialog";
import { InvitesTable } from "../components/invites-table";

export function InvitesPage() {
  const queries = useQueryClient();
  const mayInvite = useMay("admin");
  const invites = useQuery(invitesQuery);
  const [isInviting, setIsInviting] = useState(false);
  const [revoked, setRevoked] = useState<OrganizationInvite | null>(null);
  const revoke = useMutation({
    mutationFn: (invite: OrganizationInvite) => revokeInvite(invite.id),
    onSettled: () => queries.invalidateQueries({ queryKey: organizationKeys.all }),
  });
  const button = (
    <Button variant="primary" onClick={() => setIsInviting(true)}>
      <MailPlus aria-hidden="true" className="size-4" />
      Invite somebody
    </Button>
  );
  return (
    <>
      {invites.data && invites.data.length > 0 && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
          <p className="text-muted text-sm">An invite holds for seven days and works once.</p>
          {mayInvite ? button : <RoleNote needs="admin" what="Inviting people" />}
        </div>
      )}
      {invites.isPending && <Skeleton className="h-48 w-full" />}
      {invites.isError && <ProblemNote problem={invites.error} onRetry={() => invites.refetch()} />}
      {invites.data?.length === 0 && (
        <EmptyState
          icon={<MailPlus />}
          title="Nobody has been invited yet"
          action={mayInvite ? button : <RoleNote needs="admin" what="Inviting people" />}
        >
          An invite is a link for one address. Who opens it sets a name and a password, or proves the account
          they have on this server, and is a member with the role you chose.
        </EmptyState>
      )}
      {invites.data && invites.data.length > 0 && (
        <InvitesTable invites={invites.data} onRevoke={mayInvite ? setRevoked : undefined} />
      )}
      <InviteDialog isOpen={isInviting} onClose={() => setIsInviting(false)} />
      <ConfirmDialog
        isOpen={revoked !== null}
        onClose={() => setRevoked(null)}
        title={`Take back the invite for ${revoked?.email ?? ""}?`}
        action="Take it back"
        isDangerous
        onConfirm={async () => {
          if (revoked === null) return;
          await revoke.mutateAsync(revoked);
          notify({ title: `The invite for ${revoked.email} is taken back` });
        }}
      >
        Its link stops working. You can invite them again.
      </ConfirmDialog>
    </>
  );
}
