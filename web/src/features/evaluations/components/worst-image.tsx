/** One of the worst images: how the model did badly, what is there, and what it says at the threshold. */

import { Link } from "@tanstack/react-router";
import { PencilLine } from "lucide-react";
import { useMemo } from "react";
import { LabelledImage, type LabelledObject } from "@/canvas/labelled-image";
import type { Shape } from "@/canvas/scene";
import { drawnObjects, type Prediction } from "@/features/models/api";
import type { ClassColors } from "@/lib/class-colors";
import { formatMetric } from "@/lib/metrics";
import { Badge } from "@/ui/badge";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import type { WorstImage } from "../api";

interface WorstRowProps {
  worst: WorstImage;
  image: { width?: number | null; height?: number | null; filename: string } | null;
  isGone: boolean;
  /** Its class is all there is to see: the truth needs no picture of its own. */
  isOfTags: boolean;
  /** Answers are parts of surfaces, often many: the largest of each class carries its name. */
  isOfPixels: boolean;
  truth: readonly Shape[] | undefined;
  /** Undefined where nobody may ask. */
  prediction: { data: Prediction | undefined; error: unknown } | undefined;
  threshold: number;
  colors: ClassColors;
  datasetName: string | null;
}

const NONE: readonly Shape[] = [];

export function WorstRow(props: WorstRowProps) {
  const { worst, image, isGone, isOfTags, isOfPixels, truth = NONE, prediction, threshold, colors } = props;
  const path = worst.path || image?.filename || worst.image_id;
  const there = useMemo(() => truthObjects(truth), [truth]);
  const said = useMemo(() => (prediction?.data ? drawnObjects(prediction.data) : []), [prediction?.data]);
  const kept = useMemo(() => said.filter((each) => each.confidence >= threshold), [said, threshold]);
  const shown = {
    src: `/api/v1/developer/images/${worst.image_id}`,
    width: image?.width ?? 4,
    height: image?.height ?? 3,
    colors,
    className: "w-full rounded",
  };
  return (
    <li className="min-w-0">
      <Heading {...props} path={path} />
      {isGone ? (
        <p className="text-muted text-sm">The image has been deleted since.</p>
      ) : (
        <div className={isOfTags ? undefined : "grid grid-cols-2 gap-3"}>
          <figure className="min-w-0">
            <LabelledImage {...shown} alt={isOfTags ? path : `Truth of ${path}`} objects={there} />
            <figcaption className="mt-1 text-muted text-xs">
              {isOfTags ? prediction?.data && saidWords(prediction.data, threshold) : "What is there"}
            </figcaption>
          </figure>
          {isOfTags && Boolean(prediction?.error) && <ProblemNote problem={prediction?.error} />}
          {!isOfTags && prediction && (
            <figure className="min-w-0">
              {prediction.error ? (
                <ProblemNote problem={prediction.error} />
              ) : prediction.data ? (
                <LabelledImage
                  {...shown}
                  alt={`Answers for ${path}`}
                  objects={kept}
                  isDashed
                  labels={isOfPixels ? "largest" : "all"}
                />
              ) : (
                <div style={{ aspectRatio: `${shown.width} / ${shown.height}` }}>
                  <Skeleton className="size-full" />
                </div>
              )}
              <figcaption className="mt-1 text-muted text-xs">
                What it says from {threshold.toFixed(2)} on
              </figcaption>
            </figure>
          )}
        </div>
      )}
    </li>
  );
}

function Heading({ worst, isGone, isOfTags, datasetName, path }: WorstRowProps & { path: string }) {
  // The folder is often the class, which stands below anyway, and there is little room.
  const shortPath = isOfTags ? path.slice(path.lastIndexOf("/") + 1) : path;
  const counts = [
    counted(worst.missed, "missed"),
    counted(worst.false_alarms, "false alarms"),
    counted(worst.wrong_class, "of a wrong class"),
  ];
  return (
    <div className="mb-2 text-sm">
      <div className="flex items-center gap-2">
        {datasetName && !isGone ? (
          <Link
            to="/datasets/$name/images/$imageId"
            params={{ name: datasetName, imageId: worst.image_id }}
            title={`Open ${path} in the editor`}
            className="inline-flex min-h-6 min-w-0 items-center gap-1.5 font-medium hover:text-accent hover:underline"
          >
            <span className="truncate">{shortPath}</span>
            <PencilLine aria-hidden="true" className="size-3.5 shrink-0" />
          </Link>
        ) : (
          <span className="truncate font-medium" title={path}>
            {shortPath}
          </span>
        )}
        <Badge tone={worst.score < 0.34 ? "danger" : "warn"}>{formatMetric(worst.score)}</Badge>
      </div>
      <p className="text-muted">
        {worst.why}
        {!isOfTags && (
          <span className="text-xs"> ({counts.filter(Boolean).join(", ") || "nothing right"})</span>
        )}
      </p>
    </div>
  );
}

function truthObjects(shapes: readonly Shape[]): LabelledObject[] {
  return shapes.map((shape, index) => ({
    id: shape.id ?? `truth-${index}`,
    className: shape.name,
    shapes: [shape],
  }));
}

function saidWords(prediction: Prediction, threshold: number): string {
  const tags = (prediction.tags ?? []).filter((tag) => tag.confidence >= threshold).slice(0, 3);
  const words = tags.map((tag) => `${tag.class_name} ${tag.confidence.toFixed(2)}`).join(", ");
  // A model that says its first answer only has others in mind, too.
  return `Sure from ${threshold.toFixed(2)} on: ${words || "of nothing"}`;
}

function counted(count: number | undefined, words: string): string {
  return count ? `${count.toLocaleString("en")} ${words}` : "";
}
