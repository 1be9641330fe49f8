/** Where a run is: waiting, preparing, training, measuring; in words that a screen reader hears as they change. */

import { formatDuration } from "@/lib/format";
import { ProgressBar } from "@/ui/progress-bar";
import type { TrainingRun } from "../api";

export function stageWords(run: TrainingRun): string {
  if (run.status === "pending" || run.status === "queued") return "Waiting for a free place";
  if (run.status !== "running") return "";
  if (run.current_epoch === 0) return "Reading the images and building the network";
  if (run.progress >= 97) return "Storing the model";
  if (run.total_epochs && run.current_epoch >= run.total_epochs)
    return "Measuring and exporting the best model";
  return `Learning: epoch ${run.current_epoch} of ${run.total_epochs ?? "?"}`;
}

export function RunProgress({ run }: { run: TrainingRun }) {
  const isWaiting = run.status === "pending" || run.status === "queued";
  const left = run.eta_seconds ? `${formatDuration(run.eta_seconds)} left` : "";
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <p aria-live="polite">{stageWords(run)}</p>
        <p className="shrink-0 text-muted tabular-nums">
          {left}
          {left && ", "}
          {run.progress} %
        </p>
      </div>
      <ProgressBar label={`Progress of ${run.name}`} value={isWaiting ? null : run.progress / 100} />
    </div>
  );
}
