/** What the addresses of the pipeline pages hold. */

import type { PipelineFilter, PipelineStatus } from "./api";

export const STATUSES: readonly PipelineStatus[] = ["waiting", "running", "completed", "failed", "cancelled"];

export function pipelineListSearch(search: Record<string, unknown>): PipelineFilter {
  return {
    dataset: textOf(search.dataset),
    status: STATUSES.find((status) => status === search.status),
  };
}

export interface NewPipelineSearch {
  /** The dataset that the run is to work on. */
  dataset?: string;
  pipeline?: string;
}

export function newPipelineSearch(search: Record<string, unknown>): NewPipelineSearch {
  return { dataset: textOf(search.dataset), pipeline: textOf(search.pipeline) };
}

/** The router reads `?dataset=12` as a number. */
function textOf(value: unknown): string | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
}
