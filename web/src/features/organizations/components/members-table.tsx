import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useMay, useSession } from "@/features/session/use-session";
import { formatCount } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Menu, MenuItem } from "@/ui/menu";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { OrganizationMember } from "../api";
import { isAbove, rolesUpTo } from "../roles";

interface MembersTableProps {
  members: readonly OrganizationMember[];
  onChangeRole: (member: OrganizationMember, role: OrganizationMember["role"]) => void;
  onRemove: (member: OrganizationMember) => void;
  onPasswordLink: (member: OrganizationMember) => void;
}

const SHOWN_AT_FIRST = 100;

export function nameOf(member: OrganizationMember): string {
  return member.full_name || member.email || "Somebody without a name";
}

export function MembersTable({ members, onChangeRole, onRemove, onPasswordLink }: MembersTableProps) {
  const { account, organization } = useSession();
  const isAdmin = useMay("admin");
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  return (
    <>
      <Table label="Members">
        <thead>
          <tr>
            <Th>Name</Th>
            <Th>E-mail</Th>
            <Th>Role</Th>
            <Th>Joined</Th>
            <Th className="w-12">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {members.slice(0, shown).map((member) => {
            const isSelf = member.user_id === account.id;
            const mayDecide = isAdmin && !isAbove(member.role, organization.role);
            return (
              <Tr key={member.id}>
                <Td className="max-w-44 lg:max-w-60">
                  <span className="flex items-center gap-2">
                    <span className="truncate font-medium" title={nameOf(member)}>
                      {nameOf(member)}
                    </span>
                    {isSelf && <Badge>you</Badge>}
                  </span>
                </Td>
                <Td className="max-w-44 lg:max-w-60 truncate text-muted" title={member.email ?? undefined}>
                  {member.email ?? "none yet"}
                </Td>
                <Td>
                  {mayDecide ? (
                    <Select
                      aria-label={`Role of ${nameOf(member)}`}
                      className="!w-28"
                      value={member.role}
                      onChange={(role) => onChangeRole(member, role as OrganizationMember["role"])}
                      options={rolesUpTo(organization.role).map((role) => ({ value: role, label: role }))}
                    />
                  ) : (
                    member.role
                  )}
                </Td>
                <Td className="text-muted">
                  <TimeAgo at={member.joined_at} />
                </Td>
                <Td>
                  {mayDecide && (
                    <Menu
                      trigger={
                        <IconButton label={`More for ${nameOf(member)}`}>
                          <Ellipsis />
                        </IconButton>
                      }
                    >
                      {!isSelf && (
                        <MenuItem disabled={!member.email} onSelect={() => onPasswordLink(member)}>
                          Link to set a new password
                        </MenuItem>
                      )}
                      <MenuItem isDangerous onSelect={() => onRemove(member)}>
                        {isSelf ? "Leave the organization" : "Remove from the organization"}
                      </MenuItem>
                    </Menu>
                  )}
                </Td>
              </Tr>
            );
          })}
        </tbody>
      </Table>
      {members.length > shown && (
        <div className="pt-3 text-center">
          <Button onClick={() => setShown(shown + 500)}>
            Show more of {formatCount(members.length)} members
          </Button>
        </div>
      )}
    </>
  );
}
