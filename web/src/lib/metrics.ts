/** The figures of training and evaluation as people know them. */

export type Task = "object_detection" | "instance_segmentation" | "semantic_segmentation" | "classification";

const TASKS: Record<Task, string> = {
  object_detection: "Object detection",
  instance_segmentation: "Instance segmentation",
  semantic_segmentation: "Semantic segmentation",
  classification: "Classification",
};

const HEADLINES: Record<Task, readonly string[]> = {
  object_detection: ["map_50_95", "map_50", "precision", "recall"],
  instance_segmentation: ["mask_map_50_95", "mask_map_50", "mask_precision", "mask_recall"],
  semantic_segmentation: ["miou", "dice", "pixel_accuracy"],
  classification: ["top_1", "macro_f1", "top_5"],
};

const LABELS: Record<string, string> = {
  map_50_95: "mAP@50:95",
  map_50: "mAP@50",
  map_75: "mAP@75",
  map_small: "mAP, small objects",
  map_medium: "mAP, medium objects",
  map_large: "mAP, large objects",
  precision: "Precision",
  recall: "Recall",
  f1: "F1",
  miou: "Mean IoU",
  dice: "Dice",
  pixel_accuracy: "Pixel accuracy",
  background_iou: "IoU of the background",
  top_1: "Top-1 accuracy",
  top_5: "Top-5 accuracy",
  macro_f1: "F1, mean of classes",
  ap_50_95: "AP@50:95",
  ap_50: "AP@50",
  iou: "IoU",
  loss: "Loss",
  learning_rate: "Learning rate",
  images_per_second: "Images a second",
};

const HINTS: Record<string, string> = {
  map_50_95: "Mean over the classes and over IoU 0.50 to 0.95, as COCO measures",
  map_50: "Mean over the classes; half an overlap is enough",
  precision: "Share of what it finds that is right, at the suggested confidence",
  recall: "Share of the objects that it finds, at the suggested confidence",
  miou: "Overlap of what is there and what it says, mean of the classes",
  dice: "Twice the overlap over both areas, mean of the classes",
  pixel_accuracy: "Share of the pixels with the right class",
  top_1: "Share of the images whose first answer is right",
  top_5: "Share of the images with the right class among the first five",
  macro_f1: "Precision and recall together, each class counting the same",
};

export function taskLabel(task: string): string {
  return TASKS[task as Task] ?? words(task);
}

/** The few figures to show first for a task, the one that decides which epoch was best in front. */
export function headlineMetrics(task: string): readonly string[] {
  return HEADLINES[task as Task] ?? [];
}

/** "mAP@50:95", "Masks: AP@50 of stop_sign". */
export function metricLabel(name: string): string {
  const isMask = name.startsWith("mask_");
  const [figure = "", ...ofClass] = (isMask ? name.slice(5) : name).split("/");
  const label =
    LABELS[figure] ??
    (figure.startsWith("loss_") ? `Loss: ${figure.slice(5).replaceAll("_", " ")}` : words(figure));
  return `${isMask ? "Masks: " : ""}${label}${ofClass.length ? ` of ${ofClass.join("/")}` : ""}`;
}

export function metricHint(name: string): string | undefined {
  return HINTS[name.replace(/^mask_/, "")];
}

/** A share with three digits, or that it is less; other numbers with three that count. */
export function formatMetric(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value > 0 && value < 0.0005) return "<0.001";
  if (Math.abs(value) <= 1) return value.toFixed(3);
  if (Math.abs(value) >= 1000) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

/** Whether less of it is better. */
export function isLessBetter(name: string): boolean {
  return name.startsWith("loss");
}

function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const FIRST = ["mask_map_50_95", "map_50_95", "miou", "top_1"];

/** The figure that decides which epoch was best, where it was measured. */
export function headlineOf(
  metrics: Readonly<Record<string, unknown>> | null | undefined,
): { name: string; value: number } | null {
  for (const name of FIRST) {
    const value = metrics?.[name];
    if (typeof value === "number") return { name, value };
  }
  return null;
}
