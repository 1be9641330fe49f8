/** What the address of an evaluation holds. */

export type SortKey =
  | "class"
  | "images"
  | "objects"
  | "ap"
  | "ap50"
  | "precision"
  | "recall"
  | "f1"
  | "iou"
  | "dice";

const KEYS: readonly SortKey[] = [
  "class",
  "images",
  "objects",
  "ap",
  "ap50",
  "precision",
  "recall",
  "f1",
  "iou",
  "dice",
];

export interface EvaluationSearch {
  /** Confidence from which answers are kept, 0–1; the model's best one when absent. */
  threshold?: number;
  sort?: SortKey;
  descending?: boolean;
  /** Judge by boxes where there are masks too. */
  by?: "boxes";
}

export function evaluationSearch(search: Record<string, unknown>): EvaluationSearch {
  const threshold = typeof search.threshold === "number" ? search.threshold : undefined;
  return {
    threshold: threshold !== undefined && threshold >= 0 && threshold <= 1 ? threshold : undefined,
    sort: KEYS.find((key) => key === search.sort),
    descending: search.descending === true || undefined,
    by: search.by === "boxes" ? "boxes" : undefined,
  };
}
