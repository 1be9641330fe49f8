/** Jobs in words: their kinds, how they stand, how long they took. */

import { formatDuration } from "@/lib/format";
import type { Tone } from "@/ui/badge";
import type { Job } from "./api";

/** Kinds that people start; a newer server may have others, which the list shows by their title. */
export const KINDS: ReadonlyArray<{ kind: string; label: string }> = [
  { kind: "annotate", label: "Labelling" },
  { kind: "train", label: "Training" },
  { kind: "evaluate", label: "Evaluation" },
  { kind: "export", label: "Export" },
  { kind: "import", label: "Import" },
  { kind: "plan_import", label: "Plan of an import" },
  { kind: "connector_import", label: "Import from another service" },
  { kind: "extract_frames", label: "Frames of a video" },
  { kind: "bulk_change", label: "Change of many images" },
  { kind: "change_classes", label: "Change of classes" },
  { kind: "freeze_version", label: "Version" },
  { kind: "restore_version", label: "Dataset from a version" },
  { kind: "score_disagreement", label: "Disagreement" },
  { kind: "measure_dataset", label: "Statistics" },
  { kind: "ingest", label: "Thumbnails" },
];

interface StateWords {
  label: string;
  tone: Tone;
}

const STATES: Record<Job["state"], StateWords> = {
  queued: { label: "Waiting", tone: "neutral" },
  running: { label: "Running", tone: "info" },
  completed: { label: "Completed", tone: "ok" },
  failed: { label: "Failed", tone: "danger" },
  cancelled: { label: "Cancelled", tone: "neutral" },
};

export function stateWords(job: Job): StateWords {
  return job.is_cancelling ? { label: "Stopping", tone: "warn" } : STATES[job.state];
}

/** How long it ran, or has been running; null before it began. */
export function secondsOf(job: Job, now: Date): number | null {
  if (!job.started_at) return null;
  const end = job.finished_at ? new Date(job.finished_at) : now;
  return Math.max(0, (end.getTime() - new Date(job.started_at).getTime()) / 1000);
}

export function durationWords(job: Job, now: Date): string {
  const seconds = secondsOf(job, now);
  return seconds === null ? "–" : formatDuration(seconds);
}

/** What a person is told when a job of theirs has ended. */
export function endWords(job: Job): { title: string; detail: string; tone: "ok" | "danger" | "info" } {
  if (job.state === "failed") {
    return { title: `${job.title} failed`, detail: job.error ?? "It did not say why.", tone: "danger" };
  }
  if (job.state === "cancelled")
    return { title: `${job.title} was cancelled`, detail: where(job), tone: "info" };
  const seconds = secondsOf(job, new Date());
  const took = seconds === null ? "" : ` in ${formatDuration(seconds)}`;
  return { title: `${job.title} is done`, detail: `${where(job)}${took}`.trim(), tone: "ok" };
}

function where(job: Job): string {
  return job.dataset_name ? `Dataset ${job.dataset_name}` : "";
}
