/** The statuses of a dataset with how many images have each; one narrows the list. */

import type { DatasetCounts } from "@/features/datasets/api";
import { cx } from "@/lib/class-names";
import { formatCompact, formatCount } from "@/lib/format";
import type { ImageStatus } from "../api";
import { STATUS_LABELS } from "./image-cell";

interface StatusPillsProps {
  counts: DatasetCounts | undefined;
  status: string | undefined;
  onChange: (status: string | undefined) => void;
}

const STATUSES: readonly ImageStatus[] = ["new", "annotate", "review", "complete"];

export function StatusPills({ counts, status, onChange }: StatusPillsProps) {
  const pills: Array<{ value: string | undefined; label: string; count: number | undefined }> = [
    { value: undefined, label: "All", count: counts?.image_count },
    ...STATUSES.map((each) => ({
      value: each,
      label: STATUS_LABELS[each],
      count: counts?.status[each],
    })),
  ];
  return (
    <fieldset className="flex items-center gap-0.5 rounded-md border border-line bg-sunken p-0.5">
      <legend className="sr-only">Status</legend>
      {pills.map((pill) => (
        <button
          key={pill.label}
          type="button"
          aria-pressed={status === pill.value}
          title={pill.count === undefined ? undefined : formatCount(pill.count)}
          onClick={() => onChange(pill.value)}
          className={cx(
            "inline-flex h-7 items-center gap-1 rounded px-1.5 text-sm lg:gap-1.5 lg:px-2.5",
            status === pill.value ? "bg-surface text-text shadow-sm" : "text-muted hover:text-text",
          )}
        >
          {pill.label}
          <span className="min-w-4 text-xs tabular-nums">
            {pill.count === undefined ? "" : formatCompact(pill.count)}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
