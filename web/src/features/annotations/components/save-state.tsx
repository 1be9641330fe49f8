import { CloudAlert, CloudCheck, CloudUpload } from "lucide-react";
import { cx } from "@/lib/class-names";
import { useNow } from "../hooks/use-now";
import type { SaverState } from "../saving/image-saver";
import { saveWords } from "../saving/save-words";

const ICONS = { ok: CloudCheck, busy: CloudUpload, warn: CloudAlert, danger: CloudAlert };
const TONES = { ok: "text-muted", busy: "text-muted", warn: "text-warn", danger: "text-danger" };

interface SaveStateProps {
  state: SaverState;
  /** Other images of this tab that are not saved. */
  others: number;
  onRetry: () => void;
  onShowConflict: () => void;
}

/** Whether what was drawn is on the server, and what to do if not. */
export function SaveState({ state, others, onRetry, onShowConflict }: SaveStateProps) {
  const { save, wish } = state;
  // Seconds count up after a save and down to a retry.
  const now = useNow(
    (save.retryAt ?? wish?.retryAt ?? null) !== null ? 500 : save.savedAt !== null ? 1000 : 0,
  );
  const words = saveWords(save, Math.max(now, save.savedAt ?? 0), wish);
  const Icon = ICONS[words.tone];
  const isTrouble = words.tone === "warn" || words.tone === "danger";
  return (
    <div className="flex min-w-0 items-center gap-2">
      <div className={cx("flex min-w-0 items-center gap-1.5 text-sm", TONES[words.tone])}>
        <Icon aria-hidden="true" className="size-4 shrink-0" />
        <span className="truncate tabular-nums" data-testid="save-state" title={words.fix ?? undefined}>
          {words.text}
          {words.fix && isTrouble && <span className="text-muted">. {words.fix}</span>}
        </span>
        {others > 0 && <span className="shrink-0 text-muted">+{others} more</span>}
      </div>
      {/* Seconds that count up are not read out; a change of tone is. */}
      <span className="sr-only" role="status">
        {isTrouble ? words.text : save.changes === 0 && wish === null ? "Saved" : ""}
      </span>
      {save.problem?.kind === "conflict" ? (
        <SmallButton onClick={onShowConflict}>Compare</SmallButton>
      ) : (
        isTrouble && <SmallButton onClick={onRetry}>Try now</SmallButton>
      )}
      {state.journalFails && (
        <span className="shrink-0 text-warn text-xs" title="Private windows and full disks keep nothing">
          This browser keeps no drafts
        </span>
      )}
    </div>
  );
}

function SmallButton({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="h-6 shrink-0 rounded px-1.5 font-medium text-accent text-sm hover:bg-hover"
    >
      {children}
    </button>
  );
}
