/** What a model said about an image: drawn over it, listed, and narrowed by confidence without asking again. */

import { useDeferredValue, useMemo, useState } from "react";
import { LabelledImage } from "@/canvas/labelled-image";
import type { ClassColors } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import { formatCount, plural } from "@/lib/format";
import { Card } from "@/ui/page";
import { Slider } from "@/ui/slider";
import { type DrawnObject, drawnObjects, type Prediction } from "../api";

interface PredictionViewProps {
  prediction: Prediction;
  src: string;
  colors: ClassColors;
}

/** More lines than these help nobody, and all are drawn. */
const MOST_LISTED = 200;

export function PredictionView({ prediction, src, colors }: PredictionViewProps) {
  const [threshold, setThreshold] = useState(() => startOf(prediction));
  const [pointedAt, setPointedAt] = useState<string | null>(null);
  const objects = useMemo(() => drawnObjects(prediction), [prediction]);
  const drawnAt = useDeferredValue(threshold);
  const kept = useMemo(() => objects.filter((each) => each.confidence >= drawnAt), [objects, drawnAt]);
  const isTags = prediction.task === "classification";
  const tags = prediction.tags ?? [];
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex justify-center rounded-lg bg-stage">
        <LabelledImage
          src={src}
          alt="What the model was asked about"
          width={prediction.image_width}
          height={prediction.image_height}
          objects={kept}
          colors={colors}
          highlighted={pointedAt}
          labels={prediction.task === "semantic_segmentation" ? "largest" : "all"}
          onHighlight={setPointedAt}
          className={cx("w-full rounded-lg", prediction.image_height > prediction.image_width && "max-w-xl")}
        />
      </div>
      <Card className="flex flex-col gap-3">
        <div>
          <div className="flex items-baseline justify-between text-sm">
            <span className="font-medium">Confidence from</span>
            <output className="tabular-nums">{threshold.toFixed(2)}</output>
          </div>
          <Slider
            label="Least confidence"
            value={[threshold]}
            min={Math.min(prediction.confidence, 1)}
            onChange={([value = 0]) => setThreshold(value)}
          />
          <p className="text-muted text-xs">
            The model suggests {prediction.suggested_confidence.toFixed(2)}; it was asked for all from{" "}
            {prediction.confidence.toFixed(2)}.
          </p>
        </div>
        <div aria-live="polite" className="font-medium text-sm">
          {isTags
            ? sureWords(tags.filter((tag) => tag.confidence >= threshold).length)
            : `${formatCount(kept.length)} of ${plural(objects.length, "object")}`}
        </div>
        {isTags ? (
          <TagList tags={tags} threshold={threshold} />
        ) : (
          <ObjectList objects={kept} colors={colors} pointedAt={pointedAt} onPoint={setPointedAt} />
        )}
        <p className="border-line border-t pt-2 text-muted text-xs">
          Network {milliseconds(prediction.network_seconds)}, altogether{" "}
          {milliseconds(prediction.total_seconds)} on the server. Nothing was stored.
        </p>
      </Card>
    </div>
  );
}

interface ObjectListProps {
  objects: readonly DrawnObject[];
  colors: ClassColors;
  pointedAt: string | null;
  onPoint: (id: string | null) => void;
}

function ObjectList({ objects, colors, pointedAt, onPoint }: ObjectListProps) {
  if (objects.length === 0) {
    return (
      <p className="text-muted text-sm">
        Nothing that sure. Lower the confidence to see what it hesitates about.
      </p>
    );
  }
  return (
    <ul aria-label="Objects found" className="-mx-2 max-h-96 overflow-y-auto text-sm">
      {objects.slice(0, MOST_LISTED).map((object) => (
        <li key={object.id}>
          <button
            type="button"
            onMouseEnter={() => onPoint(object.id)}
            onMouseLeave={() => onPoint(null)}
            onFocus={() => onPoint(object.id)}
            onBlur={() => onPoint(null)}
            className={cx(
              "flex min-h-7 w-full items-center gap-2 rounded px-2 text-left",
              object.id === pointedAt && "bg-hover",
            )}
          >
            <span
              aria-hidden="true"
              className="size-2.5 shrink-0 rounded-full"
              style={{ background: colors(object.className) }}
            />
            <span className="min-w-0 grow truncate" title={object.className}>
              {object.className}
            </span>
            <span className="text-muted tabular-nums">{object.confidence.toFixed(2)}</span>
          </button>
        </li>
      ))}
      {objects.length > MOST_LISTED && (
        <li className="px-2 py-1 text-muted text-xs">and {objects.length - MOST_LISTED} more</li>
      )}
    </ul>
  );
}

interface TagListProps {
  tags: readonly { class_name: string; confidence: number }[];
  threshold: number;
}

function TagList({ tags, threshold }: TagListProps) {
  return (
    <ul aria-label="Classes" className="flex max-h-96 flex-col gap-2 overflow-y-auto text-sm">
      {tags.slice(0, MOST_LISTED).map((tag) => (
        <li key={tag.class_name} className={tag.confidence < threshold ? "text-muted" : undefined}>
          <div className="flex items-baseline justify-between gap-2">
            <span className="min-w-0 truncate" title={tag.class_name}>
              {tag.class_name}
            </span>
            <span className="text-muted tabular-nums">{tag.confidence.toFixed(3)}</span>
          </div>
          <div className="h-1.5 overflow-hidden rounded-full bg-sunken">
            <div
              className={cx("h-full", tag.confidence < threshold ? "bg-line-strong" : "bg-accent")}
              style={{ width: `${tag.confidence * 100}%` }}
            />
          </div>
        </li>
      ))}
    </ul>
  );
}

function sureWords(count: number): string {
  return count === 0
    ? "It is that sure of no class"
    : `It is that sure of ${plural(count, "class", "classes")}`;
}

/** Where the slider stands first: a suggestion below what was fetched cannot be shown. */
function startOf(prediction: Prediction): number {
  return Math.min(1, Math.max(prediction.suggested_confidence, prediction.confidence));
}

const milliseconds = (seconds: number) =>
  seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
