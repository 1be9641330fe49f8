/** The files of an upload, however many: those that failed first, then those on their way, then the others. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { cx } from "@/lib/class-names";
import { formatBytes } from "@/lib/format";
import { type FilesUpload, type ItemState, pathOf, type UploadItem } from "../upload";

const ROW_PX = 44;
const ORDER: Record<ItemState, number> = {
  failed: 0,
  sending: 1,
  checking: 2,
  waiting: 3,
  sent: 4,
  skipped: 5,
};
const WORDS: Record<ItemState, string> = {
  waiting: "waiting",
  checking: "being compared",
  sending: "being sent",
  sent: "sent",
  skipped: "there already",
  failed: "failed",
};

export function FileList({ upload }: { upload: FilesUpload }) {
  const place = useRef<HTMLUListElement>(null);
  const items = sorted(upload.items);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  return (
    // A list that scrolls has to be reachable by keyboard.
    <ul
      ref={place}
      tabIndex={0}
      aria-label="Files"
      className="max-h-56 overflow-y-auto rounded-md border border-line bg-canvas text-xs"
    >
      <li aria-hidden="true" style={{ height: rows.getVirtualItems()[0]?.start ?? 0 }} />
      {rows.getVirtualItems().map((row) => {
        const item = items[row.index] as UploadItem;
        return (
          <li
            key={row.key}
            ref={rows.measureElement}
            data-index={row.index}
            className="flex min-h-11 flex-col justify-center px-2 py-1"
            title={pathOf(item)}
          >
            <span className="flex items-center justify-between gap-2">
              <span className="truncate">{pathOf(item)}</span>
              <span className={cx("shrink-0", item.state === "failed" ? "text-danger" : "text-muted")}>
                {item.state === "sending"
                  ? `${Math.floor((100 * item.sentBytes) / Math.max(1, item.file.size))} %`
                  : WORDS[item.state]}
              </span>
            </span>
            <span className="wrap-anywhere text-muted">{reasonOf(item) || formatBytes(item.file.size)}</span>
          </li>
        );
      })}
      <li
        aria-hidden="true"
        style={{ height: Math.max(0, rows.getTotalSize() - (rows.getVirtualItems().at(-1)?.end ?? 0)) }}
      />
    </ul>
  );
}

/** Why it failed, without the name at the beginning that stands above it. */
function reasonOf({ reason, file }: UploadItem): string {
  if (!reason.slice(1).startsWith(file.name)) return reason;
  const rest = reason.slice(file.name.length + 2).trimStart();
  return `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
}

function sorted(items: readonly UploadItem[]): UploadItem[] {
  return [...items].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
}
