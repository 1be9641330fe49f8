/** What the addresses of the training pages hold. */

import type { PipelineName, RunStatus } from "./api";

const STATUSES: readonly RunStatus[] = ["pending", "queued", "running", "completed", "failed", "cancelled"];
export const PIPELINE_NAMES: readonly PipelineName[] = [
  "yolox",
  "rfdetr_detection",
  "detectron2",
  "rfdetr_segmentation",
  "sm_pytorch",
  "classification",
];

export interface TrainingListSearch {
  dataset?: string;
  pipeline?: PipelineName;
  status?: RunStatus;
}

export function trainingListSearch(search: Record<string, unknown>): TrainingListSearch {
  return {
    dataset: text(search.dataset),
    pipeline: oneOf(PIPELINE_NAMES, search.pipeline),
    status: oneOf(STATUSES, search.status),
  };
}

export type ImageSource = "status" | "export" | "version";

export interface NewTrainingSearch {
  dataset?: string;
  pipeline?: PipelineName;
  /** Take the settings of this run. */
  from?: string;
  /** Go on from this model. */
  parent?: string;
  source?: ImageSource;
  /** Of the images: a status filter, the name of an export, or the number of a version. */
  images?: string;
}

export function newTrainingSearch(search: Record<string, unknown>): NewTrainingSearch {
  return {
    dataset: text(search.dataset),
    pipeline: oneOf(PIPELINE_NAMES, search.pipeline),
    from: text(search.from),
    parent: text(search.parent),
    source: oneOf(["status", "export", "version"] as const, search.source),
    images: text(search.images),
  };
}

/** More lines than these nobody tells apart. */
export const MOST_COMPARED = 8;

export interface CompareSearch {
  runs: string[];
  metric?: string;
}

export function compareSearch(search: Record<string, unknown>): CompareSearch {
  const given = Array.isArray(search.runs) ? search.runs : [search.runs];
  const runs = [...new Set(given.filter((each): each is string => typeof each === "string" && each !== ""))];
  return { runs: runs.slice(0, MOST_COMPARED), metric: text(search.metric) };
}

function text(value: unknown): string | undefined {
  // The router reads `?images=3` as a number.
  const written = typeof value === "number" ? String(value) : value;
  return typeof written === "string" && written !== "" ? written : undefined;
}

function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}
