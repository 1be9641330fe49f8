/** Runs and their stages in words. */

import { formatDuration, plural } from "@/lib/format";
import type { Tone } from "@/ui/badge";
import type { PipelineRun, StageName, StageState } from "./api";

export const STAGES: readonly StageName[] = ["upload", "annotate", "review", "train"];

export const STAGE_LABELS: Record<StageName, string> = {
  upload: "Upload",
  annotate: "Labelling",
  review: "Review",
  train: "Training",
};

export const STATE_LABELS: Record<StageState, string> = {
  waiting: "waiting",
  running: "under way",
  done: "done",
  failed: "failed",
  skipped: "skipped",
  cancelled: "cancelled",
};

const STATUS: Record<PipelineRun["status"], { label: string; tone: Tone }> = {
  waiting: { label: "Waiting", tone: "warn" },
  running: { label: "Running", tone: "info" },
  completed: { label: "Completed", tone: "ok" },
  failed: { label: "Failed", tone: "danger" },
  cancelled: { label: "Cancelled", tone: "neutral" },
};

const WAITS = { images: "Waits for images", review: "Waits for review", credits: "Waits for credits" };

export function statusOf(run: Pick<PipelineRun, "status" | "waiting_for">): { label: string; tone: Tone } {
  const words = STATUS[run.status];
  return run.waiting_for ? { label: WAITS[run.waiting_for], tone: words.tone } : words;
}

/** What a run is doing, in a sentence for a list and for screen readers. */
export function sentenceOf(run: PipelineRun): string {
  const { upload, annotate, review, train } = run;
  if (run.status === "failed") return run.error_message ?? "It failed";
  if (run.status === "cancelled") return run.error_message ?? "It was cancelled";
  if (run.waiting_for === "credits") return run.credit_skip_reason ?? "There are too few credits";
  if (run.waiting_for === "images") return `${plural(upload?.images ?? 0, "image")} so far`;
  if (run.waiting_for === "review") return `${plural(review?.waiting ?? 0, "image")} to look at`;
  switch (run.stage) {
    case "upload":
      return `${plural(upload?.images ?? 0, "image")}, being prepared`;
    case "annotate":
      return `${annotate?.labelled ?? 0} of ${plural(annotate?.total ?? 0, "image")} labelled`;
    case "review":
      return `${plural(review?.waiting ?? 0, "image")} being completed`;
    case "train":
      return train?.epoch ? `Epoch ${train.epoch} of ${train.epochs ?? "?"}` : "The training begins";
    default:
      return `${plural(upload?.images ?? 0, "image")}, ${plural(annotate?.annotations ?? 0, "label")}`;
  }
}

export interface Stage {
  state?: StageState;
  started_at?: string | null;
  finished_at?: string | null;
}

export function stageOf(run: PipelineRun, stage: StageName): Stage {
  return run[stage] ?? {};
}

/** How long a stage took, or has been taking. */
export function durationOf(stage: Stage): string | null {
  if (!stage.started_at || !stage.finished_at) return null;
  return formatDuration((Date.parse(stage.finished_at) - Date.parse(stage.started_at)) / 1000);
}
