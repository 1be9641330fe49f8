import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { sessionQuery } from "@/features/session/api";
import { RoleNote } from "@/features/session/role-note";
import { useMay, useSession } from "@/features/session/use-session";
import { buttonClass } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { notify, notifyProblem } from "@/ui/toast";
import { changeRole, membersQuery, type OrganizationMember, organizationKeys, removeMember } from "../api";
import { MembersTable, nameOf } from "../components/members-table";
import { PasswordLinkDialog } from "../components/password-link-dialog";
import { RemovalWords } from "../components/removal-words";
import { RoleGuide } from "../components/role-guide";
import { isAbove } from "../roles";

export function MembersPage() {
  const { q = "" } = useSearch({ from: "/signed-in/shell/organization/members" });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { account } = useSession();
  const mayInvite = useMay("admin");
  const members = useQuery(membersQuery);
  const [removed, setRemoved] = useState<OrganizationMember | null>(null);
  const [lowered, setLowered] = useState<{
    member: OrganizationMember;
    role: OrganizationMember["role"];
  } | null>(null);
  const [forgetful, setForgetful] = useState<OrganizationMember | null>(null);

  // The person's own role and organizations are in their session.
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: organizationKeys.all }),
      queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    ]);
  const change = useMutation({
    mutationFn: ({ member, role }: { member: OrganizationMember; role: OrganizationMember["role"] }) =>
      changeRole(member.id, role),
    onSuccess: (_, { member, role }) => notify({ title: `${nameOf(member)} is ${role} now` }),
    onError: (problem) => notifyProblem("The role was not changed", problem),
    onSettled: refresh,
  });

  const wanted = q.trim().toLowerCase();
  const found = members.data?.filter((member) =>
    `${member.full_name ?? ""} ${member.email ?? ""} ${member.role}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <div className="mb-3 flex flex-wrap items-end justify-between gap-3">
        <TextField
          label="Find a member"
          isLabelHidden
          type="search"
          placeholder="Name, address or role"
          className="w-64"
          value={q}
          onChange={(event) =>
            void navigate({ to: ".", search: { q: event.target.value || undefined }, replace: true })
          }
        />
        {mayInvite ? (
          <Link to="/organization/invites" className={buttonClass("primary")}>
            <UserPlus aria-hidden="true" className="size-4" />
            Invite somebody
          </Link>
        ) : (
          <RoleNote needs="admin" what="Inviting people and changing roles" />
        )}
      </div>
      {members.isPending && <Skeleton className="h-21 w-full" />}
      {members.isError && <ProblemNote problem={members.error} onRetry={() => members.refetch()} />}
      {found && found.length > 0 && (
        <MembersTable
          members={found}
          onRemove={setRemoved}
          onPasswordLink={setForgetful}
          onChangeRole={(member, role) =>
            // Taking rights away also takes keys and invites: that is said first.
            isAbove(member.role, role) ? setLowered({ member, role }) : change.mutate({ member, role })
          }
        />
      )}
      {found?.length === 0 && (
        <p className="rounded-lg border border-line bg-surface px-4 py-10 text-center text-muted text-sm">
          No member has “{q}” in their name, address or role.
        </p>
      )}
      {/* Below a list of any length: it comes with the list. */}
      {!members.isPending && <RoleGuide />}

      <ConfirmDialog
        isOpen={removed !== null}
        onClose={() => setRemoved(null)}
        title={
          removed?.user_id === account.id
            ? "Leave the organization?"
            : `Remove ${removed ? nameOf(removed) : ""}?`
        }
        action={removed?.user_id === account.id ? "Leave" : "Remove"}
        isDangerous
        onConfirm={async () => {
          if (removed === null) return;
          await removeMember(removed.id);
          notify({ title: `${nameOf(removed)} is no member any more` });
          await refresh();
        }}
      >
        <RemovalWords />
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={lowered !== null}
        onClose={() => setLowered(null)}
        title={lowered ? `Make ${nameOf(lowered.member)} ${lowered.role}?` : ""}
        action="Change the role"
        onConfirm={async () => {
          if (lowered === null) return;
          await changeRole(lowered.member.id, lowered.role);
          notify({ title: `${nameOf(lowered.member)} is ${lowered.role} now` });
          await refresh();
        }}
      >
        API keys that they made with a higher role than {lowered?.role} are switched off
        {lowered && isAbove("admin", lowered.role) ? ", and their open invites are taken back" : ""}. It
        counts from their next click on.
      </ConfirmDialog>
      <PasswordLinkDialog member={forgetful} onClose={() => setForgetful(null)} />
    </>
  );
}
