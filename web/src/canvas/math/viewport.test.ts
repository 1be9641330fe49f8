import { describe, expect, test } from "vitest";
import { imagePoint, screenPoint } from "./point";
import {
  carryViewport,
  fitBox,
  fitViewport,
  MAX_SCALE,
  panBy,
  resizeViewport,
  toImage,
  toScreen,
  type Viewport,
  zoomAt,
} from "./viewport";

const image = { width: 2000, height: 1000 };
const view = { width: 1048, height: 648 };

describe("transform", () => {
  test.each([
    ["at 100 %", { scale: 1, x: 0, y: 0 }],
    ["moved", { scale: 1, x: -300.5, y: 77 }],
    ["zoomed in", { scale: 13.7, x: 12, y: -9000 }],
    ["zoomed out", { scale: 0.03, x: 500, y: 310 }],
  ] satisfies [string, Viewport][])("there and back is the same point: %s", (_, viewport) => {
    const back = toImage(viewport, toScreen(viewport, imagePoint(123.25, 998)));
    expect(back.x).toBeCloseTo(123.25, 9);
    expect(back.y).toBeCloseTo(998, 9);
  });
});

describe("fitViewport", () => {
  test("the whole image is in the middle, with a margin", () => {
    // 1048 - 2 x 24 = 1000 for 2000 pixels.
    expect(fitViewport(image, view)).toEqual({ scale: 0.5, x: 24, y: 74 });
  });

  test("a tiny image is not blown up beyond 8 times", () => {
    expect(fitViewport({ width: 4, height: 4 }, view).scale).toBe(8);
  });
});

describe("zoomAt", () => {
  test.each([
    [100, 100, 1.5],
    [700, 20, 4],
    [524, 324, 0.8],
  ])("the pixel under (%i, %i) stays there, zoomed by %f", (x, y, factor) => {
    const before = { scale: 1, x: -200, y: -100 };
    const at = screenPoint(x, y);
    const after = zoomAt(before, at, factor, image, view);
    expect(after.scale).toBeCloseTo(factor, 9);
    expect(toImage(after, at).x).toBeCloseTo(toImage(before, at).x, 9);
    expect(toImage(after, at).y).toBeCloseTo(toImage(before, at).y, 9);
  });

  test("the zoom ends at both ends", () => {
    const start = fitViewport(image, view);
    const middle = screenPoint(524, 324);
    expect(zoomAt(start, middle, 1e9, image, view).scale).toBe(MAX_SCALE);
    expect(zoomAt(start, middle, 1e-9, image, view).scale).toBe(start.scale / 4);
  });
});

test("panBy keeps some of the image in sight", () => {
  const start = fitViewport(image, view);
  expect(panBy(start, 1e6, 1e6, image, view)).toEqual({ scale: 0.5, x: 1000, y: 600 });
  expect(panBy(start, -1e6, -1e6, image, view)).toEqual({ scale: 0.5, x: -952, y: -452 });
});

describe("carryViewport", () => {
  const zoomed = { scale: 2, x: -1000, y: -400 };

  test("an image of the same size is seen at the same place", () => {
    expect(carryViewport(zoomed, image, image, view)).toBe(zoomed);
  });

  test("an image half as large is seen twice as large, at the same part of it", () => {
    const half = { width: 1000, height: 500 };
    const next = carryViewport(zoomed, image, half, view);
    const middle = screenPoint(524, 324);
    expect(next.scale).toBeCloseTo(4, 9);
    expect(toImage(next, middle).x / 1000).toBeCloseTo(toImage(zoomed, middle).x / 2000, 9);
    expect(toImage(next, middle).y / 500).toBeCloseTo(toImage(zoomed, middle).y / 1000, 9);
  });
});

test("fitBox shows the box in the middle at two thirds of the view", () => {
  const viewport = fitBox({ x: 400, y: 300, w: 100, h: 10 }, image, view);
  expect(toScreen(viewport, imagePoint(450, 305))).toEqual({ x: 524, y: 324 });
  expect(viewport.scale * 100).toBeCloseTo(0.66 * 1048, 6);
});

test("resizeViewport: what was in the middle stays there", () => {
  const before = { scale: 2, x: -1000, y: -400 };
  const after = resizeViewport(before, view, { width: 800, height: 900 }, image);
  expect(toImage(after, screenPoint(400, 450))).toEqual(toImage(before, screenPoint(524, 324)));
});
