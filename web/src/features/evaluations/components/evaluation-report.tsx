/** Everything that an evaluation says, from the headline to the worst images. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { plural } from "@/lib/format";
import { formatMetric, headlineMetrics, metricHint, metricLabel } from "@/lib/metrics";
import { Badge } from "@/ui/badge";
import { Card, Stat } from "@/ui/page";
import { Segmented } from "@/ui/segmented";
import type { ModelEvaluation } from "../api";
import { bestOf, curveOf, type JudgedBy } from "../figures";
import { type EvaluationSearch, evaluationSearch } from "../search";
import { ClassTable } from "./class-table";
import { ConfusionTable } from "./confusion-table";
import { PrecisionRecallCurves } from "./pr-curves";
import { ThresholdCard } from "./threshold-card";
import { WorstImages } from "./worst-images";

interface ReportProps {
  modelId: string;
  evaluation: ModelEvaluation;
  datasetName: string | null;
}

export function EvaluationReport({ modelId, evaluation, datasetName }: ReportProps) {
  const search = evaluationSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const hasMasks = evaluation.task === "instance_segmentation";
  const isOfObjects = hasMasks || evaluation.task === "object_detection";
  const isOfTags = evaluation.task === "classification";
  const by = judgedBy(evaluation.task, search.by);
  const [dragged, setDragged] = useState<number | null>(null);
  const threshold = dragged ?? search.threshold ?? bestOf(evaluation, by)?.confidence ?? 0.5;

  function change(next: Partial<EvaluationSearch>) {
    void navigate({ to: ".", search: { ...search, ...next }, replace: true, resetScroll: false });
  }

  const thresholdProps = {
    threshold,
    onChange: setDragged,
    onCommit: (value: number) => change({ threshold: Math.round(value * 100) / 100 }),
  };
  return (
    <div className="flex flex-col gap-4">
      <Notes evaluation={evaluation} />
      <Headline evaluation={evaluation} />
      {hasMasks && (
        <div>
          <Segmented
            label="Judged by"
            value={by}
            onChange={(value) => {
              setDragged(null);
              change({ by: value === "boxes" ? "boxes" : undefined });
            }}
            options={[
              { value: "masks", label: "Judged by masks" },
              { value: "boxes", label: "Judged by boxes" },
            ]}
          />
        </div>
      )}
      {isOfObjects && (
        <div className="grid gap-4 xl:grid-cols-2">
          <ThresholdCard evaluation={evaluation} by={by} {...thresholdProps} />
          <PrecisionRecallCurves evaluation={evaluation} by={by} />
        </div>
      )}
      {isOfTags && curveOf(evaluation, by) && (
        <ThresholdCard evaluation={evaluation} by={by} {...thresholdProps} />
      )}
      <ClassTable
        evaluation={evaluation}
        by={by}
        threshold={threshold}
        sort={search.sort}
        isDescending={search.descending === true}
        onSort={(sort, isDescending) => change({ sort, descending: isDescending || undefined })}
      />
      {evaluation.confusion && <ConfusionTable confusion={evaluation.confusion} />}
      <WorstImages modelId={modelId} evaluation={evaluation} datasetName={datasetName} {...thresholdProps} />
    </div>
  );
}

function judgedBy(task: ModelEvaluation["task"], asked: EvaluationSearch["by"]): JudgedBy {
  if (task === "classification") return "tags";
  return task === "instance_segmentation" && asked !== "boxes" ? "masks" : "boxes";
}

function Headline({ evaluation }: { evaluation: ModelEvaluation }) {
  const metrics = evaluation.metrics ?? {};
  const first = headlineMetrics(evaluation.task).filter((name) => metrics[name] !== undefined);
  const others = Object.keys(metrics).filter((name) => !name.includes("/") && !first.includes(name));
  return (
    <Card>
      <div className="grid grid-cols-2 gap-4 md:grid-cols-5">
        {first.map((name) => (
          <Stat
            key={name}
            label={metricLabel(name)}
            value={formatMetric(metrics[name])}
            hint={metricHint(name)}
          />
        ))}
        <Stat
          label="Measured on"
          value={plural(evaluation.images, "image")}
          hint={evaluation.measured_on ? `of ${evaluation.measured_on}` : undefined}
        />
      </div>
      {others.length > 0 && (
        <dl className="mt-3 flex flex-wrap gap-x-5 gap-y-1 border-line border-t pt-3 text-sm">
          {others.map((name) => (
            <div key={name} className="flex gap-1.5" title={metricHint(name)}>
              <dt className="text-muted">{metricLabel(name)}</dt>
              <dd className="tabular-nums">{formatMetric(metrics[name])}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

function Notes({ evaluation }: { evaluation: ModelEvaluation }) {
  const seen = evaluation.seen_in_training ?? 0;
  // The server says it in a remark wherever people did not ask for the images of one split.
  const isSaid = evaluation.remarks?.some((remark) => remark.includes("learned from"));
  const unknown = evaluation.unknown_classes ?? [];
  const remarks = evaluation.remarks ?? [];
  if (seen === 0 && unknown.length === 0 && remarks.length === 0) return null;
  return (
    <div className="rounded-lg bg-warn-soft px-4 py-3 text-sm">
      <h2 className="font-medium">Worth knowing</h2>
      <ul className="mt-1 list-disc pl-5 text-muted">
        {seen > 0 && !isSaid && (
          <li>
            The model has learned from {seen} of these {plural(evaluation.images, "image")}: the figures
            flatter it.
          </li>
        )}
        {remarks.map((remark) => (
          <li key={remark}>{remark}</li>
        ))}
      </ul>
      {unknown.length > 0 && (
        <p className="mt-2 flex flex-wrap items-center gap-1.5">
          Classes that it does not know:
          {unknown.map((name) => (
            <Badge key={name} tone="warn">
              {name}
            </Badge>
          ))}
        </p>
      )}
    </div>
  );
}
