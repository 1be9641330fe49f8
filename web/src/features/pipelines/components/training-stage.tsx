import { Link } from "@tanstack/react-router";
import { RunCharts } from "@/features/training/components/run-charts";
import { useLiveRun } from "@/features/training/hooks/use-live-run";
import { formatDuration } from "@/lib/format";
import { pipelineLabel } from "@/lib/pipelines";
import { Stat } from "@/ui/page";
import { ProgressBar } from "@/ui/progress-bar";
import type { PipelineRun } from "../api";
import { durationOf, stageOf } from "../words";
import { Figures, StageSection } from "./stage-section";

export function TrainingStage({ run }: { run: PipelineRun }) {
  const stage = stageOf(run, "train");
  const state = stage.state ?? "waiting";
  const training = run.train;
  if (state === "skipped") return <StageSection title="Training" state="skipped" />;
  if (!training || (state === "waiting" && run.stage !== "train")) {
    return <StageSection title="Training" state="waiting" />;
  }
  return (
    <StageSection title="Training" state={state} duration={durationOf(stage)}>
      <Figures>
        <Stat label="Pipeline" value={pipelineLabel(run.settings.pipeline)} />
        <Stat
          label="Epoch"
          value={training.epoch ? training.epoch : "–"}
          hint={training.epochs ? `of ${training.epochs}` : undefined}
        />
        <Stat
          label="Time left"
          value={
            state === "running" && training.eta_seconds != null ? formatDuration(training.eta_seconds) : "–"
          }
        />
        <Stat label="Runs on" value={training.device ?? "–"} />
      </Figures>
      {state === "running" && (
        <div className="flex flex-col gap-1.5">
          <ProgressBar label="Training" value={training.run_id ? (training.progress ?? 0) / 100 : null} />
          <p className="text-muted text-xs">{progressWords(training)}</p>
        </div>
      )}
      {training.run_id && <Curves runId={training.run_id} />}
      {training.run_id && (
        <Link
          to="/training/$runId"
          params={{ runId: training.run_id }}
          className="inline-flex min-h-6 w-fit items-center text-accent text-sm hover:underline"
        >
          All about this training
        </Link>
      )}
    </StageSection>
  );
}

function Curves({ runId }: { runId: string }) {
  const { epochs, isUnderWay } = useLiveRun(runId);
  return epochs ? <RunCharts epochs={epochs} isUnderWay={isUnderWay} /> : <div className="h-72" />;
}

function progressWords(training: NonNullable<PipelineRun["train"]>): string {
  if (!training.run_id) return "The images that are complete are frozen as a version of the dataset.";
  if (training.status === "queued" || training.status === "pending") return "It waits for a free place.";
  return training.dataset_version
    ? `It learns from version ${training.dataset_version} of the dataset.`
    : "The training begins.";
}
