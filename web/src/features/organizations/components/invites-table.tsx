import { useState } from "react";
import { formatCount, formatDateTime } from "@/lib/format";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { OrganizationInvite } from "../api";

interface InvitesTableProps {
  invites: readonly OrganizationInvite[];
  /** Absent for people who may not. */
  onRevoke?: (invite: OrganizationInvite) => void;
}

const TONES: Record<OrganizationInvite["status"], Tone> = {
  pending: "info",
  accepted: "ok",
  expired: "neutral",
  revoked: "neutral",
};
const SHOWN_AT_FIRST = 100;

export function InvitesTable({ invites, onRevoke }: InvitesTableProps) {
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  return (
    <>
      <Table label="Invites">
        <thead>
          <tr>
            <Th>E-mail</Th>
            <Th>Role</Th>
            <Th>State</Th>
            <Th className="max-lg:hidden">Made</Th>
            <Th>Holds until</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {invites.slice(0, shown).map((invite) => (
            <Tr key={invite.id}>
              <Td className="max-w-60 truncate lg:max-w-72 font-medium" title={invite.email}>
                {invite.email}
              </Td>
              <Td>{invite.role}</Td>
              <Td>
                <Badge tone={TONES[invite.status]}>{invite.status}</Badge>
              </Td>
              <Td className="text-muted max-lg:hidden">
                <TimeAgo at={invite.created_at} />
              </Td>
              <Td className="whitespace-nowrap text-muted">
                {invite.status === "pending" ? formatDateTime(invite.expires_at) : "-"}
              </Td>
              <Td className="text-right">
                {onRevoke && invite.status === "pending" && (
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={`Take back the invite for ${invite.email}`}
                    onClick={() => onRevoke(invite)}
                  >
                    Take back
                  </Button>
                )}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      {invites.length > shown && (
        <div className="pt-3 text-center">
          <Button onClick={() => setShown(shown + 500)}>
            Show more of {formatCount(invites.length)} invites
          </Button>
        </div>
      )}
    </>
  );
}
