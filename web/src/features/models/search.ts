/** What the addresses of the model pages hold. */

import type { ModelListFilter } from "./api";

const TASKS = [
  "object_detection",
  "instance_segmentation",
  "semantic_segmentation",
  "classification",
] as const;

export function modelListSearch(search: Record<string, unknown>): ModelListFilter {
  return {
    dataset: typeof search.dataset === "string" && search.dataset ? search.dataset : undefined,
    task: TASKS.find((task) => task === search.task),
    archived: search.archived === true || undefined,
  };
}

export const MODEL_TABS = ["overview", "try", "evaluations", "files", "lineage"] as const;
export type ModelTab = (typeof MODEL_TABS)[number];

export interface ModelSearch {
  tab?: ModelTab;
  /** The dataset whose images are offered to try the model on. */
  dataset?: string;
  /** The image that it is tried on. */
  image?: string;
}

export function modelSearch(search: Record<string, unknown>): ModelSearch {
  return {
    tab: MODEL_TABS.find((tab) => tab === search.tab && tab !== "overview"),
    dataset: typeof search.dataset === "string" && search.dataset ? search.dataset : undefined,
    image: typeof search.image === "string" && search.image ? search.image : undefined,
  };
}
