/** What can be done with the images that are chosen. */

import {
  Archive,
  ChevronUp,
  Copy,
  FolderInput,
  ScanSearch,
  Sparkles,
  Tags,
  UserRoundCheck,
  X,
} from "lucide-react";
import { formatCount } from "@/lib/format";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { ProgressBar } from "@/ui/progress-bar";
import type { ImageStatus } from "../api";
import { STATUS_LABELS } from "./image-cell";

export type BulkDialog = "move" | "copy" | "tag" | "annotate" | "assign";

interface BulkBarProps {
  /** What is chosen, in words. */
  what: string;
  isOne: boolean;
  /** What the button for all says; null while they are chosen. */
  all: string | null;
  /** While the chosen ones are looked up: how many there are so far. */
  selecting: number | null;
  isBusy: boolean;
  mayChange: boolean;
  onSelectAll: () => void;
  onClear: () => void;
  onStatus: (status: ImageStatus) => void;
  onDialog: (dialog: BulkDialog) => void;
  onArchive: () => void;
  /** For one image. */
  onSimilar: () => void;
}

const STATUSES: readonly ImageStatus[] = ["new", "annotate", "review", "complete"];

export function BulkBar(props: BulkBarProps) {
  const { what, isOne, all, selecting, isBusy, mayChange, onSelectAll, onClear } = props;
  const { onStatus, onDialog, onArchive, onSimilar } = props;
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-4 z-20 flex justify-center px-4">
      <section
        aria-label="Chosen images"
        className="pointer-events-auto flex max-w-full flex-wrap items-center gap-1.5 rounded-lg border border-line bg-surface px-2.5 py-2 shadow-float"
      >
        {!isBusy ? (
          <>
            <p aria-live="polite" className="px-1 font-medium text-sm tabular-nums">
              {selecting === null ? what : `Looking them up… ${formatCount(selecting)}`}
            </p>
            {all !== null && selecting === null && (
              <Button variant="ghost" size="sm" onClick={onSelectAll}>
                {all}
              </Button>
            )}
            <span aria-hidden="true" className="h-5 w-px bg-line" />
            {isOne && (
              <Button size="sm" onClick={onSimilar}>
                <ScanSearch className="size-4 max-lg:hidden" /> Similar
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
                  <Sparkles className="size-4 max-lg:hidden" /> Annotate
                </Button>
                <Button size="sm" onClick={() => onDialog("assign")}>
                  <UserRoundCheck className="size-4 max-lg:hidden" /> Assign
                </Button>
                <Button size="sm" onClick={() => onDialog("tag")}>
                  <Tags className="size-4 max-lg:hidden" /> Tag
                </Button>
                <Button size="sm" onClick={() => onDialog("move")}>
                  <FolderInput className="size-4 max-lg:hidden" /> Move
                </Button>
                <Button size="sm" onClick={() => onDialog("copy")}>
                  <Copy className="size-4 max-lg:hidden" /> Copy
                </Button>
                <Button size="sm" onClick={onArchive}>
                  <Archive className="size-4 max-lg:hidden" /> To the trash
                </Button>
              </>
            )}
            <IconButton label="Choose none" shortcut="Esc" onClick={onClear}>
              <X />
            </IconButton>
          </>
        ) : (
          <div className="w-72 max-w-full">
            <p aria-live="polite" className="mb-1 text-sm">
              Changing {what}…
            </p>
            <ProgressBar label="Changing images" value={null} />
          </div>
        )}
      </section>
    </div>
  );
}
