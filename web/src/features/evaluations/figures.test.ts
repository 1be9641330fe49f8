import { expect, test } from "vitest";
import type { ModelEvaluation } from "./api";
import { atThreshold, cellWords, classRows, columnsOf, curveOf, sortedRows } from "./figures";

const steps = (values: (index: number) => number) => Array.from({ length: 51 }, (_, index) => values(index));
const CURVE = { precision: steps((n) => n / 50), recall: steps((n) => 1 - n / 50) };

test.each([
  [0, 0, 1],
  [0.5, 0.5, 0.5],
  [0.58, 0.58, 0.42],
  [0.59, 0.58, 0.42],
  [1, 1, 0],
])("at %d: precision %d, recall %d", (confidence, precision, recall) => {
  const at = atThreshold(CURVE, confidence);
  expect(at?.precision).toBeCloseTo(precision);
  expect(at?.recall).toBeCloseTo(recall);
});

test("without a curve nothing is known, and of nothing found F1 is 0", () => {
  expect(atThreshold(null, 0.5)).toBeNull();
  expect(atThreshold({ precision: [0], recall: [0] }, 0.5)?.f1).toBe(0);
});

const EVALUATION = {
  task: "object_detection",
  images: 3,
  classes: [
    { class_name: "b", images: 2, objects: 4, boxes: { ap_50: 0.9, at_confidences: CURVE } },
    {
      class_name: "a",
      images: 1,
      objects: 1,
      boxes: { ap_50: 0.2, best: { confidence: 0.4, precision: 0.3, recall: 0.1, f1: 0.15 } },
    },
    { class_name: "c", images: 0, objects: 0, boxes: {} },
  ],
} as unknown as ModelEvaluation;

test("a class tells its figures at the threshold, or at its best one where there is no curve", () => {
  const rows = classRows(EVALUATION, "boxes", 0.5);
  expect(rows.map((row) => [row.name, row.values.precision, row.values.ap50])).toEqual([
    ["b", 0.5, 0.9],
    ["a", 0.3, 0.2],
    ["c", undefined, undefined],
  ]);
});

test("tags have a threshold too, and one curve of all classes together", () => {
  const evaluation = {
    task: "classification",
    images: 2,
    tags_at_confidences: CURVE,
    classes: [
      { class_name: "a", images: 2, precision: 0.9, recall: 0.8, f1: 0.85, tags: { at_confidences: CURVE } },
    ],
  } as unknown as ModelEvaluation;
  expect(curveOf(evaluation, "tags")).toBe(CURVE);
  expect(classRows(evaluation, "tags", 0.58)[0]?.values.precision).toBeCloseTo(0.58);
});

test("rows are sorted; what has no figure is last either way", () => {
  const rows = classRows(EVALUATION, "boxes", 0.5);
  expect(sortedRows(rows, "ap50", false).map((row) => row.name)).toEqual(["a", "b", "c"]);
  expect(sortedRows(rows, "ap50", true).map((row) => row.name)).toEqual(["b", "a", "c"]);
  expect(sortedRows(rows, "class", true).map((row) => row.name)).toEqual(["c", "b", "a"]);
});

test("each task has its columns", () => {
  expect(columnsOf("classification")).not.toContain("objects");
  expect(columnsOf("semantic_segmentation")).toContain("dice");
});

const OBJECTS = {
  unit: "objects",
  names: ["stop", "background"],
  counts: [
    [5, 1],
    [2, 0],
  ],
} as const;

test.each([
  [0, 0, "5 objects of stop were called stop: right."],
  [0, 1, "1 object of stop was missed."],
  [1, 0, "2 times stop was found where nothing is: false alarms."],
])("cell %i, %i: %s", (row, column, words) => {
  expect(cellWords(OBJECTS as never, row, column)).toBe(words);
});

test("of images the last column is a class like the others", () => {
  const images = {
    unit: "images",
    names: ["red", "blue"],
    counts: [
      [3, 1],
      [0, 4],
    ],
  } as never;
  expect(cellWords(images, 0, 1)).toBe("1 image of red was called blue.");
});
