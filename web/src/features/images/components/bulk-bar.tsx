/** What can be done with the images that are chosen. */

import { Archive, ChevronUp, Copy, FolderInput, ScanSearch, Sparkles, Tags, X } from "lucide-react";
import { formatCount, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { ProgressBar } from "@/ui/progress-bar";
import type { ImageStatus } from "../api";
import type { BulkProgress } from "../hooks/use-bulk-change";
import { STATUS_LABELS } from "./image-cell";

export type BulkDialog = "move" | "copy" | "tag" | "annotate";

interface BulkBarProps {
  count: number;
  /** How many match the list; null where that is not known. */
  total: number | null;
  /** While more are being chosen: how many there are so far. */
  selecting: number | null;
  progress: BulkProgress | null;
  mayChange: boolean;
  onSelectAll: () => void;
  onClear: () => void;
  onStatus: (status: ImageStatus) => void;
  onDialog: (dialog: BulkDialog) => void;
  onArchive: () => void;
  /** For one image. */
  onSimilar: () => void;
  onStop: () => void;
}

const STATUSES: readonly ImageStatus[] = ["new", "annotate", "review", "complete"];

export function BulkBar(props: BulkBarProps) {
  const { count, total, selecting, progress, mayChange, onSelectAll, onClear, onStop } = props;
  const { onStatus, onDialog, onArchive, onSimilar } = props;
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-4 z-20 flex justify-center px-4">
      <section
        aria-label="Chosen images"
        className="pointer-events-auto flex max-w-full flex-wrap items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 shadow-float"
      >
        {progress === null ? (
          <>
            <p aria-live="polite" className="px-1 font-medium text-sm tabular-nums">
              {selecting === null ? plural(count, "image") : `Choosing… ${formatCount(selecting)}`}
            </p>
            {total !== count && selecting === null && (
              <Button variant="ghost" size="sm" onClick={onSelectAll}>
                {total === null ? "Choose all that match" : `Choose all ${formatCount(total)}`}
              </Button>
            )}
            <span aria-hidden="true" className="h-5 w-px bg-line" />
            {count === 1 && (
              <Button size="sm" onClick={onSimilar}>
                <ScanSearch className="size-4" /> Similar
              </Button>
            )}
            {mayChange && (
              <>
                <Menu
                  align="start"
                  trigger={
                    <Button size="sm">
                      Status <ChevronUp className="size-3.5" />
                    </Button>
                  }
                >
                  <MenuLabel>Set the status to</MenuLabel>
                  {STATUSES.map((status) => (
                    <MenuItem key={status} onSelect={() => onStatus(status)}>
                      {STATUS_LABELS[status]}
                    </MenuItem>
                  ))}
                </Menu>
                <Button size="sm" onClick={() => onDialog("annotate")}>
                  <Sparkles className="size-4" /> Annotate
                </Button>
                <Button size="sm" onClick={() => onDialog("tag")}>
                  <Tags className="size-4" /> Tag
                </Button>
                <Button size="sm" onClick={() => onDialog("move")}>
                  <FolderInput className="size-4" /> Move
                </Button>
                <Button size="sm" onClick={() => onDialog("copy")}>
                  <Copy className="size-4" /> Copy
                </Button>
                <Button size="sm" onClick={onArchive}>
                  <Archive className="size-4" /> To the trash
                </Button>
              </>
            )}
            <IconButton label="Choose none" shortcut="Esc" onClick={onClear}>
              <X />
            </IconButton>
          </>
        ) : (
          <div className="flex w-96 max-w-full items-center gap-3">
            <div className="grow">
              <p aria-live="polite" className="mb-1 text-sm tabular-nums">
                {formatCount(progress.done)} of {plural(progress.total, "image")}
              </p>
              <ProgressBar label="Changing images" value={progress.done / Math.max(1, progress.total)} />
            </div>
            <Button size="sm" onClick={onStop}>
              Stop
            </Button>
          </div>
        )}
      </section>
    </div>
  );
}
