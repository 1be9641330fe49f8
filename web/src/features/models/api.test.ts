import { expect, test } from "vitest";
import { classNamesOf, drawnObjects, modelColors, type Prediction } from "./api";

const RING = {
  paths: [
    [
      { x: 0, y: 0 },
      { x: 4, y: 0 },
      { x: 4, y: 4 },
    ],
  ],
};
const BOX = { x: 0, y: 0, w: 4, h: 4 };

test("an object is drawn by its parts, or by its box where it has none", () => {
  const prediction = {
    objects: [
      { class_name: "stop", confidence: 0.9, bounding_box: BOX, polygons: [RING, RING] },
      { class_name: "yield", confidence: 0.4, bounding_box: BOX, polygons: [] },
    ],
  } as unknown as Prediction;
  expect(drawnObjects(prediction).map((each) => each.shapes.map((shape) => shape.type))).toEqual([
    ["polygon", "polygon"],
    ["bbox"],
  ]);
});

test("a model for classification has nothing to draw", () => {
  expect(drawnObjects({ tags: [] } as unknown as Prediction)).toEqual([]);
});

test("classes come in the order of their indexes", () => {
  expect(classNamesOf({ class_mapping: { "10": "k", "2": "c", "0": "a" } })).toEqual(["a", "c", "k"]);
});

test("classes have the dataset's colours, others the palette's", () => {
  const colors = modelColors(["stop", "other"], { classes: [{ name: "stop", color: "#123456" }] });
  expect(colors("stop")).toBe("#123456");
  expect(colors("other")).toMatch(/^#[0-9a-f]{6}$/);
});
