/** The images on which the model did worst: what it says, redrawn at the threshold, beside what is there. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, unwrap } from "@/api/client";
import type { Shape } from "@/canvas/scene";
import { modelColors, modelQuery, predict } from "@/features/models/api";
import { useMay } from "@/features/session/use-session";
import { datasetByIdQuery } from "@/features/training/api";
import { cx } from "@/lib/class-names";
import { Card, CardTitle } from "@/ui/page";
import { Slider } from "@/ui/slider";
import type { ModelEvaluation } from "../api";
import { WorstRow } from "./worst-image";

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
  const isOfTags = evaluation.task === "classification";
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
  // The colours of the dataset that it learned from; those of others go by their names.
  const model = useQuery(modelQuery(modelId));
  const dataset = useQuery(datasetByIdQuery(model.data?.dataset_id));
  const colors = useMemo(
    () =>
      modelColors(
        (evaluation.classes ?? []).map((row) => row.class_name),
        dataset.data,
      ),
    [dataset.data, evaluation.classes],
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
      {mayAsk && (!isOfTags || evaluation.tags_at_confidences) && (
        // Within reach of what it redraws.
        <div className="sticky top-0 z-10 -mx-4 mb-3 flex items-center gap-3 border-line border-b bg-surface px-4 py-2 text-sm">
          <span className="shrink-0 text-muted">Confidence from</span>
          <Slider
            label={isOfTags ? "Least confidence said" : "Least confidence drawn"}
            value={[threshold]}
            onChange={([value = 0]) => onChange(value)}
            onCommit={([value = 0]) => onCommit(value)}
            className="max-w-md"
          />
          <output className="w-10 shrink-0 font-semibold tabular-nums">{threshold.toFixed(2)}</output>
        </div>
      )}
      <ol className={cx("grid gap-x-6 gap-y-6", isOfTags ? "md:grid-cols-3" : "2xl:grid-cols-2")}>
        {worst.map((each, index) => (
          <WorstRow
            key={each.image_id}
            worst={each}
            isOfTags={isOfTags}
            isOfPixels={evaluation.task === "semantic_segmentation"}
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
