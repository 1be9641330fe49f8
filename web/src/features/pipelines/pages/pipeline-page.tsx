import { Link, useParams } from "@tanstack/react-router";
import { CircleAlert, Coins } from "lucide-react";
import { useMay } from "@/features/session/use-session";
import { plural } from "@/lib/format";
import { pipelineLabel } from "@/lib/pipelines";
import { Badge } from "@/ui/badge";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { TimeAgo } from "@/ui/time-ago";
import type { PipelineRun } from "../api";
import { LabellingStage } from "../components/labelling-stage";
import { ModelStage } from "../components/model-stage";
import { ReviewStage } from "../components/review-stage";
import { RunMenu } from "../components/run-menu";
import { TrainingStage } from "../components/training-stage";
import { UploadStage } from "../components/upload-stage";
import { useLivePipeline } from "../hooks/use-live-pipeline";
import { useRunActions } from "../hooks/use-run-actions";
import { STAGE_LABELS, sentenceOf, statusOf } from "../words";

/** A run as it happens, one stage below the other. */
export function PipelinePage() {
  const { runId = "" } = useParams({ strict: false });
  const query = useLivePipeline(runId);
  const run = query.data;
  if (query.isError) {
    return (
      <Page title="Pipeline run">
        <ProblemNote problem={query.error} onRetry={() => void query.refetch()} />
      </Page>
    );
  }
  if (!run) {
    return (
      <Page title="Pipeline run" heading={<Skeleton className="h-7 w-72" />}>
        <div className="flex flex-col gap-5" role="status" aria-label="Loading">
          {["a", "b", "c"].map((each) => (
            <Skeleton key={each} className="ml-11 h-36" />
          ))}
        </div>
      </Page>
    );
  }
  return <Run run={run} />;
}

function Run({ run }: { run: PipelineRun }) {
  const actions = useRunActions(run.id);
  const mayAct = useMay("member");
  const status = statusOf(run);
  const problem =
    actions.goOn.error ?? actions.resume.error ?? actions.rerun.error ?? (actions.cancel.error || null);
  return (
    <Page
      title={run.name}
      description={<Facts run={run} />}
      actions={
        <>
          <Badge tone={status.tone}>{status.label}</Badge>
          {mayAct && <RunMenu run={run} actions={actions} />}
        </>
      }
    >
      {/* What changes many times a second is not read out: only which stage it is in, and how it stands. */}
      <p aria-live="polite" className="sr-only">
        {run.stage === "done" ? status.label : `${STAGE_LABELS[run.stage]}: ${status.label}`}
      </p>
      {problem !== null && (
        <div className="mb-4">
          <ProblemNote problem={problem} />
        </div>
      )}
      <Outcome run={run} />
      <ol className="flex flex-col">
        <UploadStage run={run} actions={actions} mayAct={mayAct} />
        <LabellingStage run={run} />
        <ReviewStage run={run} actions={actions} mayAct={mayAct} />
        <TrainingStage run={run} />
        <ModelStage run={run} />
      </ol>
    </Page>
  );
}

function Facts({ run }: { run: PipelineRun }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="min-w-0 truncate">
        {run.dataset_id ? (
          <Link
            to="/datasets/$name"
            params={{ name: run.dataset_name }}
            className="hover:text-accent hover:underline"
          >
            {run.dataset_name}
          </Link>
        ) : (
          run.dataset_name
        )}
      </span>
      <span>{pipelineLabel(run.settings.pipeline)}</span>
      <span>
        started <TimeAgo at={run.created_at} />
      </span>
      {run.driver === "client" && <span>driven by a program</span>}
      <Link to="/credits" className="inline-flex items-center gap-1 hover:text-accent hover:underline">
        <Coins aria-hidden="true" className="size-3.5" /> {plural(run.credits_spent ?? 0, "credit")} spent
      </Link>
      {run.rerun_of && (
        <Link
          to="/pipelines/$runId"
          params={{ runId: run.rerun_of }}
          className="hover:text-accent hover:underline"
        >
          the run before
        </Link>
      )}
    </span>
  );
}

/** Why it stopped, and what to do. */
function Outcome({ run }: { run: PipelineRun }) {
  const isStopped = run.status === "failed" || run.waiting_for === "credits";
  if (!isStopped) return null;
  return (
    <div
      role="alert"
      className={`mb-5 flex items-start gap-2.5 rounded-md px-3 py-2.5 text-sm ${run.status === "failed" ? "bg-danger-soft" : "bg-warn-soft"}`}
    >
      <CircleAlert
        aria-hidden="true"
        className={`mt-0.5 size-4 shrink-0 ${run.status === "failed" ? "text-danger" : "text-warn"}`}
      />
      <p className="min-w-0 break-words">
        {sentenceOf(run)}
        <span className="block text-muted">
          {run.status === "failed"
            ? "Put it right and resume: what is done stays done."
            : "Resume when there are enough credits."}
        </span>
      </p>
    </div>
  );
}
