import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useSession } from "@/features/session/use-session";
import { formatCount, formatDate, formatDateTime } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Menu, MenuItem } from "@/ui/menu";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { ApiKey } from "../api";
import { isAbove } from "../roles";

interface ApiKeysTableProps {
  keys: readonly ApiKey[];
  /** Absent for people who may not. */
  onRevoke?: (key: ApiKey) => void;
  onSwitch?: (key: ApiKey) => void;
}

const SHOWN_AT_FIRST = 100;

export function ApiKeysTable({ keys, onRevoke, onSwitch }: ApiKeysTableProps) {
  const { organization } = useSession();
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  return (
    <>
      <Table label="API keys">
        <thead>
          <tr>
            <Th>Name</Th>
            <Th>Begins with</Th>
            <Th>Role</Th>
            <Th>State</Th>
            <Th>Last used</Th>
            <Th isNumber className="max-lg:hidden">
              Requests an hour
            </Th>
            <Th className="max-lg:hidden">Made</Th>
            <Th className="w-12">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {keys.slice(0, shown).map((key) => (
            <Tr key={key.id}>
              <Td className="max-w-56 truncate font-medium" title={key.name}>
                {key.name}
              </Td>
              <Td className="font-mono text-muted text-xs">{key.key_prefix}…</Td>
              <Td>{key.role}</Td>
              <Td>
                <KeyState apiKey={key} />
              </Td>
              <Td className="text-muted">{key.last_used_at ? <TimeAgo at={key.last_used_at} /> : "never"}</Td>
              <Td isNumber className="text-muted max-lg:hidden">
                {formatCount(key.rate_limit)}
              </Td>
              <Td className="whitespace-nowrap text-muted max-lg:hidden">{formatDate(key.created_at)}</Td>
              <Td>
                {onRevoke && onSwitch && !isAbove(key.role, organization.role) && (
                  <Menu
                    trigger={
                      <IconButton label={`More for ${key.name}`}>
                        <Ellipsis />
                      </IconButton>
                    }
                  >
                    <MenuItem onSelect={() => onSwitch(key)}>
                      {key.is_active ? "Switch off for now" : "Switch on again"}
                    </MenuItem>
                    <MenuItem isDangerous onSelect={() => onRevoke(key)}>
                      Revoke
                    </MenuItem>
                  </Menu>
                )}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      {keys.length > shown && (
        <div className="pt-3 text-center">
          <Button onClick={() => setShown(shown + 500)}>Show more of {formatCount(keys.length)} keys</Button>
        </div>
      )}
    </>
  );
}

function KeyState({ apiKey }: { apiKey: ApiKey }) {
  if (!apiKey.is_active) return <Badge>off</Badge>;
  if (!apiKey.expires_at) return <Badge tone="ok">works</Badge>;
  const hasExpired = new Date(apiKey.expires_at) <= new Date();
  return (
    <span title={formatDateTime(apiKey.expires_at)}>
      <Badge tone={hasExpired ? "neutral" : "ok"}>
        {hasExpired ? "expired" : `until ${formatDate(apiKey.expires_at)}`}
      </Badge>
    </span>
  );
}
