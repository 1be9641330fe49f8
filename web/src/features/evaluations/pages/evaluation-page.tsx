import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { useLiveQuery } from "@/api/events";
import { modelQuery } from "@/features/models/api";
import { useMay } from "@/features/session/use-session";
import { datasetByIdQuery } from "@/features/training/api";
import { Button } from "@/ui/button";
import { Card, Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Skeleton } from "@/ui/skeleton";
import {
  cancelEvaluation,
  type EvaluationRun,
  evaluationEvents,
  evaluationQuery,
  isLive,
  TRAINING_EVALUATION,
  trainingEvaluationQuery,
} from "../api";
import { EvaluationReport } from "../components/evaluation-report";

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
        <EvaluationReport
          modelId={modelId}
          evaluation={evaluation.data}
          datasetName={dataset.data?.name ?? null}
        />
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
        <EvaluationReport
          modelId={modelId}
          evaluation={run.data.evaluation}
          datasetName={run.data.dataset_name}
        />
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
        <span className="flex gap-x-1.5">
          <Link to="/models" className="hover:text-accent hover:underline">
            Models
          </Link>
          /
          <Link
            to="/models/$modelId"
            params={{ modelId }}
            search={{ tab: "evaluations" }}
            title={modelName}
            className="min-w-0 truncate hover:text-accent hover:underline"
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
