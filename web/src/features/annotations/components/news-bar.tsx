import { X } from "lucide-react";
import { formatAgo, plural } from "@/lib/format";
import type { News } from "../saving/editing";

interface NewsBarProps {
  news: News;
  onDiscard: () => void;
  onDismiss: () => void;
}

/** A line over the image: what came back from this device, or that somebody else saved. */
export function NewsBar({ news, onDiscard, onDismiss }: NewsBarProps) {
  return (
    <div
      role="status"
      className="absolute inset-x-2 top-2 mx-auto flex w-fit max-w-[calc(100%-1rem)] items-center gap-2 rounded-lg border border-line bg-surface py-1 pr-1 pl-3 text-sm shadow-float"
    >
      <span>
        {news.kind === "recovered"
          ? `${plural(news.changes, "change")} of ${formatAgo(new Date(news.changedAt))} had not been saved. ${news.changes === 1 ? "It is" : "They are"} back.`
          : "Somebody saved this image just now. You see what they made."}
      </span>
      {news.kind === "recovered" && (
        <button
          type="button"
          onClick={onDiscard}
          className="h-7 rounded px-2 font-medium text-accent hover:bg-hover"
        >
          Discard
        </button>
      )}
      <button
        type="button"
        aria-label="Dismiss"
        onClick={onDismiss}
        className="flex size-7 items-center justify-center rounded text-muted hover:bg-hover"
      >
        <X aria-hidden="true" className="size-3.5" />
      </button>
    </div>
  );
}
