/** The images on which the model did worst: what it says, redrawn at the threshold, beside what is there. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { PencilLine } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { api, unwrap } from "@/api/client";
import { LabelledImage, type LabelledObject } from "@/canvas/labelled-image";
import type { Shape } from "@/canvas/scene";
import { drawnObjects, type Prediction, predict } from "@/features/models/api";
import { useMay } from "@/features/session/use-session";
import { type ClassColors, classColors } from "@/lib/class-colors";
import { formatMetric } from "@/lib/metrics";
import { Badge } from "@/ui/badge";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Slider } from "@/ui/slider";
import type { ModelEvaluation, WorstImage } from "../api";

/** Asked once for all from here on; the slider then redraws without asking again. */
const FLOOR = 0.05;

interface WorstImagesProps {
  modelId: string;
  evaluation: ModelEvaluation;
  threshold: number;
  onChange: (threshold: number) => void;
  onCommit: (threshold: number) => void;
  /** Null where it was measured on images of a run whose dataset is gone. */
  datasetName: string | null;
}

export function WorstImages({
  modelId,
  evaluation,
  threshold,
  onChange,
  onCommit,
  datasetName,
}: WorstImagesProps) {
  const worst = evaluation.worst_images ?? [];
  const mayAsk = useMay("member");
  const ids = worst.map((each) => each.image_id);
  const images = useQueries({ queries: ids.map((id) => imageQuery(id)) });
  const truth = useQuery({
    queryKey: ["evaluations", "truth", ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }) =>
      (await unwrap(api.POST("/api/v1/developer/annotations/query", { body: { image_ids: ids }, signal })))
        .annotations,
  });
  const predictions = usePredictions(modelId, ids, mayAsk);
  const colors = useMemo(
    () => classColors((evaluation.classes ?? []).map((row) => ({ name: row.class_name }))),
    [evaluation.classes],
  );
  if (worst.length === 0) {
    return (
      <Card>
        <CardTitle>Worst images</CardTitle>
        <p className="text-muted text-sm">There is none: it made no mistake on these images.</p>
      </Card>
    );
  }
  return (
    <Card>
      <CardTitle>Worst images</CardTitle>
      <p className="mb-3 text-muted text-sm">
        They are as often wrong labels as wrong answers: look at them before believing the figures.
        {mayAsk ? "" : " What the model says is shown to members."}
      </p>
      {mayAsk && evaluation.task !== "classification" && (
        // Within reach of what it redraws.
        <div className="sticky top-0 z-10 -mx-4 mb-3 flex items-center gap-3 border-line border-b bg-surface px-4 py-2 text-sm">
          <span className="shrink-0 text-muted">Confidence from</span>
          <Slider
            label="Least confidence drawn"
            value={[threshold]}
            onChange={([value = 0]) => onChange(value)}
            onCommit={([value = 0]) => onCommit(value)}
            className="max-w-md"
          />
          <output className="w-10 shrink-0 font-semibold tabular-nums">{threshold.toFixed(2)}</output>
        </div>
      )}
      <ol className="flex flex-col gap-4">
        {worst.map((each, index) => (
          <WorstRow
            key={each.image_id}
            worst={each}
            image={images[index]?.data ?? null}
            isGone={images[index]?.isError ?? false}
            truth={truth.data?.[each.image_id] as Shape[] | undefined}
            prediction={predictions[index]}
            threshold={threshold}
            colors={colors}
            datasetName={datasetName}
          />
        ))}
      </ol>
    </Card>
  );
}

interface WorstRowProps {
  worst: WorstImage;
  image: { width?: number | null; height?: number | null; filename: string } | null;
  isGone: boolean;
  truth: readonly Shape[] | undefined;
  prediction: { data: Prediction | undefined; error: unknown } | undefined;
  threshold: number;
  colors: ClassColors;
  datasetName: string | null;
}

function WorstRow({
  worst,
  image,
  isGone,
  truth,
  prediction,
  threshold,
  colors,
  datasetName,
}: WorstRowProps) {
  const path = worst.path || image?.filename || worst.image_id;
  const there = useMemo(() => truthObjects(truth ?? []), [truth]);
  const said = useMemo(() => (prediction?.data ? drawnObjects(prediction.data) : []), [prediction?.data]);
  const kept = useMemo(() => said.filter((each) => each.confidence >= threshold), [said, threshold]);
  const src = `/api/v1/developer/images/${worst.image_id}`;
  const size = { width: image?.width ?? 4, height: image?.height ?? 3 };
  return (
    <li className="border-line border-t pt-3 first:border-t-0 first:pt-0">
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        {datasetName && !isGone ? (
          <Link
            to="/datasets/$name/images/$imageId"
            params={{ name: datasetName, imageId: worst.image_id }}
            className="inline-flex min-w-0 items-center gap-1.5 font-medium hover:text-accent hover:underline"
          >
            <span className="truncate" title={path}>
              {path}
            </span>
            <PencilLine aria-label="Open in the editor" className="size-3.5 shrink-0" />
          </Link>
        ) : (
          <span className="truncate font-medium" title={path}>
            {path}
          </span>
        )}
        <Badge tone={worst.score < 0.34 ? "danger" : "warn"}>{formatMetric(worst.score)}</Badge>
        <span className="text-muted">{worst.why}</span>
        <span className="text-muted text-xs">
          {[
            counted(worst.missed, "missed"),
            counted(worst.false_alarms, "false alarms"),
            counted(worst.wrong_class, "wrong class"),
          ]
            .filter(Boolean)
            .join(", ")}
        </span>
      </div>
      {isGone ? (
        <p className="text-muted text-sm">The image has been deleted since.</p>
      ) : (
        <div className="grid gap-3 md:grid-cols-2">
          <figure className="min-w-0">
            <LabelledImage
              src={src}
              alt={`Truth of ${path}`}
              {...size}
              objects={there}
              colors={colors}
              className="w-full rounded"
            />
            <figcaption className="mt-1 text-muted text-xs">What is there</figcaption>
          </figure>
          <figure className="min-w-0">
            {prediction?.error ? (
              <ProblemNote problem={prediction.error} />
            ) : prediction?.data ? (
              <LabelledImage
                src={src}
                alt={`Answers for ${path}`}
                {...size}
                objects={kept}
                colors={colors}
                isDashed
                className="w-full rounded"
              />
            ) : prediction ? (
              <div style={{ aspectRatio: `${size.width} / ${size.height}` }}>
                <Skeleton className="size-full" />
              </div>
            ) : null}
            {prediction && (
              <figcaption className="mt-1 text-muted text-xs">
                {prediction.data?.task === "classification" ? (
                  <>It says: {tagWords(prediction.data)}</>
                ) : (
                  <>What it says from {threshold.toFixed(2)} on</>
                )}
              </figcaption>
            )}
          </figure>
        </div>
      )}
    </li>
  );
}

/** Ask about one image after the other: the model's process answers one at a time anyway, and others ask it too. */
function usePredictions(modelId: string, ids: readonly string[], mayAsk: boolean) {
  const [asked, setAsked] = useState(1);
  const answers = useQueries({
    queries: ids.map((id, index) => ({
      queryKey: ["models", "prediction", modelId, id],
      enabled: mayAsk && index < asked,
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        predict(modelId, { imageId: id }, { confidence: FLOOR, signal }),
    })),
  });
  const settled = answers.findIndex((answer) => answer.isPending);
  useEffect(() => setAsked((settled < 0 ? ids.length : settled) + 1), [settled, ids.length]);
  return mayAsk ? answers : [];
}

function imageQuery(id: string) {
  return {
    queryKey: ["images", "metadata", id],
    retry: false,
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/images/{image_id}/metadata", {
            params: { path: { image_id: id } },
            signal,
          }),
        )
      ).image,
  };
}

function truthObjects(shapes: readonly Shape[]): LabelledObject[] {
  return shapes.map((shape, index) => ({
    id: shape.id ?? `truth-${index}`,
    className: shape.name,
    shapes: [shape],
  }));
}

function tagWords(prediction: Prediction): string {
  const tags = (prediction.tags ?? []).slice(0, 3);
  return tags.length > 0
    ? tags.map((tag) => `${tag.class_name} ${tag.confidence.toFixed(2)}`).join(", ")
    : "nothing";
}

function counted(count: number | undefined, words: string): string {
  return count ? `${count.toLocaleString("en")} ${words}` : "";
}
