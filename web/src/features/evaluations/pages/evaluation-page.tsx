import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { useLiveQuery } from "@/api/events";
import { modelQuery } from "@/features/models/api";
import { useMay } from "@/features/session/use-session";
import { datasetByIdQuery } from "@/features/training/api";
import { plural } from "@/lib/format";
import { formatMetric, headlineMetrics, metricHint, metricLabel } from "@/lib/metrics";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, Page, Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Segmented } from "@/ui/segmented";
import { Skeleton } from "@/ui/skeleton";
import {
  cancelEvaluation,
  type EvaluationRun,
  evaluationEvents,
  evaluationQuery,
  isLive,
  type ModelEvaluation,
  TRAINING_EVALUATION,
  trainingEvaluationQuery,
} from "../api";
import { ClassTable } from "../components/class-table";
import { ConfusionTable } from "../components/confusion-table";
import { PrecisionRecallCurves } from "../components/pr-curves";
import { ThresholdCard } from "../components/threshold-card";
import { WorstImages } from "../components/worst-images";
import { bestOf } from "../figures";
import { type EvaluationSearch, evaluationSearch } from "../search";

const POLL_MS = 3000;

export function EvaluationPage() {
  const { modelId = "", evaluationId = "" } = useParams({ strict: false });
  return evaluationId === TRAINING_EVALUATION ? (
    <TrainingEvaluationPage modelId={modelId} />
  ) : (
    <EvaluationRunPage key={evaluationId} modelId={modelId} id={evaluationId} />
  );
}

/** How good the model was at the end of its training. */
function TrainingEvaluationPage({ modelId }: { modelId: string }) {
  const evaluation = useQuery({ ...trainingEvaluationQuery(modelId), retry: false });
  const model = useQuery(modelQuery(modelId));
  const dataset = useQuery(datasetByIdQuery(model.data?.dataset_id));
  return (
    <Frame modelId={modelId} modelName={model.data?.name} title="End of its training">
      {evaluation.isError && (
        <ProblemNote problem={evaluation.error} onRetry={() => void evaluation.refetch()} />
      )}
      {evaluation.isPending && <Skeleton className="h-96" />}
      {evaluation.data && (
        <Report modelId={modelId} evaluation={evaluation.data} datasetName={dataset.data?.name ?? null} />
      )}
    </Frame>
  );
}

function EvaluationRunPage({ modelId, id }: { modelId: string; id: string }) {
  // Where no stream comes through, it is asked for again and again.
  const isHeardNow = useRef(false);
  const run = useQuery({
    ...evaluationQuery(modelId, id),
    refetchInterval: ({ state }) =>
      state.data && isLive(state.data) && !isHeardNow.current ? POLL_MS : false,
  });
  const model = useQuery(modelQuery(modelId));
  const isUnderWay = run.data !== undefined && isLive(run.data);
  isHeardNow.current = useLiveQuery(
    evaluationQuery(modelId, id).queryKey,
    isUnderWay ? evaluationEvents(modelId, id) : null,
    (snapshot) => (snapshot as { evaluation: EvaluationRun }).evaluation,
  );
  if (run.isError && !run.data) {
    return (
      <Frame modelId={modelId} modelName={model.data?.name} title="Evaluation">
        <ProblemNote problem={run.error} onRetry={() => void run.refetch()} />
      </Frame>
    );
  }
  return (
    <Frame
      modelId={modelId}
      modelName={model.data?.name}
      title={run.data ? `Measured on ${run.data.dataset_name}` : "Evaluation"}
      actions={isUnderWay && <CancelButton modelId={modelId} id={id} />}
    >
      {!run.data && <Skeleton className="h-96" />}
      {run.data && isUnderWay && <Progress run={run.data} />}
      {run.data?.status === "failed" && (
        <div role="alert" className="whitespace-pre-line rounded-lg bg-danger-soft px-4 py-3 text-sm">
          {run.data.error_message ?? "It failed without saying why."}
        </div>
      )}
      {run.data?.status === "cancelled" && (
        <p className="rounded-lg bg-warn-soft px-4 py-3 text-sm">It was cancelled before it was measured.</p>
      )}
      {run.data?.evaluation && (
        <Report modelId={modelId} evaluation={run.data.evaluation} datasetName={run.data.dataset_name} />
      )}
    </Frame>
  );
}

interface FrameProps {
  modelId: string;
  modelName: string | undefined;
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

function Frame({ modelId, modelName, title, actions, children }: FrameProps) {
  return (
    <Page
      title={title}
      description={
        <span className="flex flex-wrap gap-x-1.5">
          <Link to="/models" className="hover:text-accent hover:underline">
            Models
          </Link>
          /
          <Link
            to="/models/$modelId"
            params={{ modelId }}
            search={{ tab: "evaluations" }}
            className="hover:text-accent hover:underline"
          >
            {modelName ?? "…"}
          </Link>
        </span>
      }
      actions={actions}
    >
      {children}
    </Page>
  );
}

interface ReportProps {
  modelId: string;
  evaluation: ModelEvaluation;
  datasetName: string | null;
}

function Report({ modelId, evaluation, datasetName }: ReportProps) {
  const search = evaluationSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const hasMasks = evaluation.task === "instance_segmentation";
  const isOfObjects = hasMasks || evaluation.task === "object_detection";
  const by = hasMasks && search.by !== "boxes" ? "masks" : "boxes";
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
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <ThresholdCard evaluation={evaluation} by={by} {...thresholdProps} />
          <PrecisionRecallCurves evaluation={evaluation} by={by} />
        </div>
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

function Progress({ run }: { run: EvaluationRun }) {
  const percent = run.progress ?? 0;
  const words =
    run.status === "pending"
      ? "Waiting for a free place"
      : percent < 10
        ? "Fetching the images and the model"
        : "Asking the model about every image";
  return (
    <Card className="flex flex-col gap-2">
      <div className="flex justify-between text-sm">
        <p aria-live="polite">{words}</p>
        <p className="text-muted tabular-nums">{percent} %</p>
      </div>
      <ProgressBar
        label="Progress of the evaluation"
        value={run.status === "pending" ? null : percent / 100}
      />
    </Card>
  );
}

function CancelButton({ modelId, id }: { modelId: string; id: string }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelEvaluation(modelId, id),
    onSuccess: (run) => {
      client.setQueryData(evaluationQuery(modelId, id).queryKey, run);
      void client.invalidateQueries({ queryKey: ["evaluations", "list", modelId] });
    },
  });
  const mayCancel = useMay("member");
  if (!mayCancel) return null;
  return (
    <>
      {cancel.isError && <ProblemNote problem={cancel.error} />}
      <Button isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
        Cancel
      </Button>
    </>
  );
}
