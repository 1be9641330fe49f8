import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { cx } from "@/lib/class-names";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { TimeAgo } from "@/ui/time-ago";
import { type AnnotationVersion, historyQuery } from "../api";
import { makerWords, type People } from "../provenance";

interface HistoryPanelProps {
  imageId: string;
  people: People;
  /** The version that is looked at in place of what is there now. */
  viewing: number | null;
  isReadOnly: boolean;
  isRestoring: boolean;
  onView: (version: number | null) => void;
  onRestore: (version: number) => void;
}

/** Every saved state of the image's annotations: who saved it when, and the way back to it. */
export function HistoryPanel(props: HistoryPanelProps) {
  const { people, viewing, onView } = props;
  const { data: versions, error, refetch } = useQuery(historyQuery(props.imageId));
  if (error) {
    return (
      <div className="p-3">
        <ProblemNote problem={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (versions === undefined) {
    return (
      <div className="flex flex-col gap-2 p-3" role="status" aria-label="Loading">
        {[1, 2, 3, 4].map((row) => (
          <Skeleton key={row} className="h-12" />
        ))}
      </div>
    );
  }
  if (versions.length < 2 && !versions.some((each) => each.version > 0)) {
    return (
      <div className="flex flex-col items-center gap-2 p-6 text-center text-muted text-sm">
        <History aria-hidden="true" className="size-6" />
        Every save stands here, with who made it. You can look at any of them and bring it back.
      </div>
    );
  }
  return (
    <ol className="min-h-0 grow overflow-y-auto p-1.5">
      {versions.map((each) => {
        const isViewed = viewing === null ? each.is_current : viewing === each.version;
        return (
          <li key={each.version} className={cx("rounded-md", isViewed && "bg-accent-soft")}>
            <button
              type="button"
              aria-pressed={isViewed}
              onClick={() => onView(each.is_current ? null : each.version)}
              className="block w-full rounded-md px-2 py-1.5 text-left hover:bg-hover"
            >
              <span className="flex items-baseline justify-between gap-2 text-sm">
                <span className="truncate">
                  {each.is_current ? "Now" : `Version ${each.version}`}
                  <span className="text-muted"> · {savedBy(each, people)}</span>
                </span>
                <span className="shrink-0 text-muted text-xs">
                  <TimeAgo at={each.saved_at} />
                </span>
              </span>
              <span className="block truncate text-muted text-xs">{changesOf(each)}</span>
            </button>
            {viewing === each.version && !props.isReadOnly && (
              <div className="px-2 pb-2">
                <Button size="sm" isBusy={props.isRestoring} onClick={() => props.onRestore(each.version)}>
                  Bring this version back
                </Button>
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function savedBy(version: AnnotationVersion, people: People): string {
  if (version.version === 0) return "uploaded";
  if (!version.saved_by) return version.saved_by_name ?? "somebody";
  const isPerson = version.saved_by.startsWith("user:") && version.saved_by !== people.me;
  return (isPerson ? version.saved_by_name : null) ?? makerWords(version.saved_by, people);
}

function changesOf(version: AnnotationVersion): string {
  const changes = [
    version.added > 0 && `${version.added} added`,
    version.changed > 0 && `${version.changed} changed`,
    version.removed > 0 && `${version.removed} removed`,
  ].filter(Boolean);
  return [plural(version.annotation_count, "annotation"), ...changes, version.note]
    .filter(Boolean)
    .join(" · ");
}
