import { formatBytes, formatCount } from "@/lib/format";
import { ProgressBar } from "@/ui/progress-bar";
import type { Organization } from "../api";

// What the server sets where nobody set a limit: the wire has no word for «unlimited».
const NO_LIMIT = { users: 1_000_000, images: 1_000_000_000, bytes: 2 ** 60 };

/** How much of its limits an organization uses. */
export function UsageMeters({ organization }: { organization: Organization }) {
  const seats = organization.member_count + organization.pending_invite_count;
  return (
    <div className="flex flex-col gap-4">
      <Meter
        label="People and open invites"
        used={seats}
        limit={organization.max_users}
        isUnlimited={organization.max_users >= NO_LIMIT.users}
        format={formatCount}
      />
      <Meter
        label="Images"
        used={organization.image_count ?? 0}
        limit={organization.max_images}
        isUnlimited={organization.max_images >= NO_LIMIT.images}
        format={formatCount}
      />
      <Meter
        label="Storage of images"
        used={organization.storage_bytes ?? 0}
        limit={organization.max_storage_bytes}
        isUnlimited={organization.max_storage_bytes >= NO_LIMIT.bytes}
        format={formatBytes}
      />
    </div>
  );
}

interface MeterProps {
  label: string;
  used: number;
  limit: number;
  isUnlimited: boolean;
  format: (value: number) => string;
}

function Meter({ label, used, limit, isUnlimited, format }: MeterProps) {
  return (
    <div>
      <div className="mb-1 flex items-baseline justify-between gap-3 text-sm">
        <span>{label}</span>
        <span className="text-muted tabular-nums">
          <span className="font-medium text-text">{format(used)}</span>
          {isUnlimited ? ", no limit" : ` of ${format(limit)}`}
        </span>
      </div>
      {!isUnlimited && <ProgressBar label={label} value={limit === 0 ? 1 : used / limit} />}
    </div>
  );
}
