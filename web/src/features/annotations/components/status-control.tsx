import { Check, ChevronDown } from "lucide-react";
import { Badge } from "@/ui/badge";
import { Menu, MenuItem } from "@/ui/menu";
import type { ImageStatus } from "../documents";
import { STATUSES, statusOf } from "../status";

interface StatusControlProps {
  status: ImageStatus;
  isReadOnly: boolean;
  onChange: (status: ImageStatus) => void;
}

export function StatusControl({ status, isReadOnly, onChange }: StatusControlProps) {
  const now = statusOf(status);
  if (isReadOnly) return <Badge tone={now.tone}>{now.label}</Badge>;
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Status: ${now.label}`}
          className="inline-flex h-8 shrink-0 items-center gap-1 rounded-md px-1 hover:bg-hover pointer-coarse:h-10"
        >
          <Badge tone={now.tone}>{now.label}</Badge>
          <ChevronDown aria-hidden="true" className="size-3.5 text-muted" />
        </button>
      }
    >
      {STATUSES.map((each) => (
        <MenuItem
          key={each.value}
          icon={<Check aria-hidden="true" className={each.value === status ? "" : "invisible"} />}
          onSelect={() => onChange(each.value)}
        >
          {each.label}
        </MenuItem>
      ))}
    </Menu>
  );
}
