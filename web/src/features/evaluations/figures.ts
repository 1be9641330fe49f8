/** What an evaluation says at a threshold, and its classes as rows that can be sorted. */

import type { ClassEvaluation, FoundFigures, ModelEvaluation, ThresholdCurve } from "./api";
import type { SortKey } from "./search";

/** Judged by masks where the model has them and nobody asked for boxes; tags are all that classification has. */
export type JudgedBy = "boxes" | "masks" | "tags";

export interface AtThreshold {
  precision: number;
  recall: number;
  f1: number;
}

/** Return precision and recall when answers of at least this confidence are kept: at the curve's next lower step. */
export function atThreshold(
  curve: ThresholdCurve | null | undefined,
  confidence: number,
): AtThreshold | null {
  if (!curve || curve.recall.length === 0) return null;
  const last = curve.recall.length - 1;
  // 0.58 * 50 is 28.999…
  const index = Math.min(last, Math.max(0, Math.floor(confidence * last + 1e-6)));
  const precision = curve.precision[index] ?? 0;
  const recall = curve.recall[index] ?? 0;
  return {
    precision,
    recall,
    f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
  };
}

export function curveOf(evaluation: ModelEvaluation, by: JudgedBy): ThresholdCurve | null {
  return evaluation[`${by}_at_confidences`] ?? null;
}

export function bestOf(evaluation: ModelEvaluation, by: JudgedBy) {
  return evaluation[`best_of_${by}`] ?? null;
}

export function figuresOf(row: ClassEvaluation, by: JudgedBy): FoundFigures | null {
  return row[by] ?? null;
}

export interface ClassRow {
  name: string;
  values: Partial<Record<SortKey, number | null>>;
}

/** The columns of a task's class table, in their order. */
export function columnsOf(task: ModelEvaluation["task"]): SortKey[] {
  if (task === "semantic_segmentation") {
    return ["class", "images", "objects", "iou", "dice", "precision", "recall", "f1"];
  }
  if (task === "classification") return ["class", "images", "precision", "recall", "f1"];
  return ["class", "images", "objects", "ap", "ap50", "precision", "recall", "f1"];
}

/** The classes with their figures; of objects and tags, precision and recall are those at the threshold. */
export function classRows(evaluation: ModelEvaluation, by: JudgedBy, threshold: number): ClassRow[] {
  return (evaluation.classes ?? []).map((row) => {
    const found = figuresOf(row, by);
    const at = atThreshold(found?.at_confidences, threshold);
    // Evaluations from before there was a curve know the best threshold only.
    const judged = found ? (at ?? found.best ?? null) : row;
    return {
      name: row.class_name,
      values: {
        images: row.images,
        objects: row.objects,
        ap: found?.ap_50_95,
        ap50: found?.ap_50,
        iou: row.iou,
        dice: row.dice,
        precision: judged?.precision,
        recall: judged?.recall,
        f1: judged?.f1,
      },
    };
  });
}

/** Return the rows in the order of a column; what has no figure is last either way. */
export function sortedRows(rows: readonly ClassRow[], key: SortKey, isDescending: boolean): ClassRow[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    if (key === "class") return sign * a.name.localeCompare(b.name);
    const [one, other] = [a.values[key] ?? null, b.values[key] ?? null];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * (one - other) || a.name.localeCompare(b.name);
  });
}

/** What a cell of a confusion matrix means, in words. */
export function cellWords(
  { names, counts, unit }: NonNullable<ModelEvaluation["confusion"]>,
  row: number,
  column: number,
): string {
  const count = counts[row]?.[column] ?? 0;
  const [truth = "", said = ""] = [names[row], names[column]];
  const things = count === 1 ? unit.slice(0, -1) : unit;
  const number = count.toLocaleString("en");
  if (row === column)
    return `${number} ${things} of ${truth} ${count === 1 ? "was" : "were"} called ${said}: right.`;
  const last = names.length - 1;
  if (unit === "objects" && column === last)
    return `${number} ${things} of ${truth} ${count === 1 ? "was" : "were"} missed.`;
  if (unit === "objects" && row === last) {
    return `${number} time${count === 1 ? "" : "s"} ${said} was found where nothing is: false alarms.`;
  }
  return `${number} ${things} of ${truth} ${count === 1 ? "was" : "were"} called ${said}.`;
}
