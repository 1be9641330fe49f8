/** What is known of the image that is decided about: where it is, how sure the machine was, what is on it. */

import type { Annotation } from "@/canvas/scene";
import type { AnnotationVersion } from "@/features/annotations/api";
import type { ClassColors } from "@/lib/class-colors";
import { formatPercent, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Segmented } from "@/ui/segmented";
import { TimeAgo } from "@/ui/time-ago";
import type { ReviewItem } from "../api";

interface ImagePanelProps {
  item: ReviewItem;
  me: string;
  annotations: readonly Annotation[];
  colors: ClassColors;
  /** The state before people changed it; null where nobody has. */
  before: AnnotationVersion | null | undefined;
  isBefore: boolean;
  onBefore: (isBefore: boolean) => void;
  onHighlight: (id: string | null) => void;
  /** So many annotations are listed. */
  most?: number;
}

export function ImagePanel(props: ImagePanelProps) {
  const { item, me, annotations, colors, before, isBefore, onBefore, onHighlight, most = 300 } = props;
  const { image } = item;
  const sorted = annotations.toSorted((a, b) => a.confidence - b.confidence);
  return (
    <aside
      aria-label="About this image"
      className="flex w-72 shrink-0 flex-col gap-3 overflow-y-auto border-line border-l bg-surface p-3 text-sm max-lg:w-60"
    >
      <div className="min-w-0">
        <h2 className="wrap-anywhere line-clamp-3 font-medium" title={image.filename}>
          {image.filename}
        </h2>
        <p
          className="wrap-anywhere line-clamp-3 text-muted text-xs"
          title={image.virtual_folder_path ?? undefined}
        >
          {image.virtual_folder_path}
        </p>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
        <Fact label="Least sure">{share(image.least_confidence)}</Fact>
        <Fact label="Disagreement">{share(item.disagreement)}</Fact>
        <Fact label="Given to">{item.assignee_name ?? "nobody"}</Fact>
      </dl>
      <div className="flex min-h-14 flex-col gap-1">
        {before && (
          <Segmented
            label="Which state of the annotations"
            value={isBefore ? "before" : "now"}
            onChange={(value) => onBefore(value === "before")}
            options={[
              { value: "now", label: "Now" },
              { value: "before", label: "Before" },
            ]}
          />
        )}
        <p className="text-muted text-xs">
          {before === null && "Nobody has changed what the machine said."}
          {before && (
            <>
              Before: {before.saved_by_name ?? before.saved_by ?? "unknown"}, <TimeAgo at={before.saved_at} />
              . The key B shows it.
            </>
          )}
        </p>
      </div>
      <div className="min-h-0">
        <h3 className="mb-1 font-medium">{plural(annotations.length, "annotation")}</h3>
        {annotations.length === 0 && (
          <p className="text-muted">
            Nothing is marked. Accepting it says that there is nothing to find here.
          </p>
        )}
        <ul className="flex flex-col">
          {sorted.slice(0, most).map((annotation) => (
            <li key={annotation.id}>
              <button
                type="button"
                onMouseEnter={() => onHighlight(annotation.id)}
                onMouseLeave={() => onHighlight(null)}
                onFocus={() => onHighlight(annotation.id)}
                onBlur={() => onHighlight(null)}
                className="flex min-h-7 w-full items-center gap-2 rounded px-1 text-left hover:bg-hover"
              >
                <span
                  aria-hidden="true"
                  className="size-2.5 shrink-0 rounded-full"
                  style={{ background: colors(annotation.name) }}
                />
                <span className="min-w-0 grow truncate" title={annotation.name}>
                  {annotation.name}
                </span>
                <span className="shrink-0 text-muted tabular-nums">
                  {formatPercent(annotation.confidence)}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {sorted.length > most && <p className="text-muted text-xs">and {sorted.length - most} more</p>}
      </div>
      {item.held_by_name && item.held_by !== me && (
        <Badge tone="neutral">{`On the screen of ${item.held_by_name}`}</Badge>
      )}
    </aside>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="truncate text-right tabular-nums">{children}</dd>
    </>
  );
}

function share(value: number | null | undefined): string {
  return typeof value === "number" ? formatPercent(value) : "–";
}
