import { describe, expect, test } from "vitest";
import { boxContains, boxesTouch, boxFromCorners, boxOfPoints, clipBox, limitMove } from "./box";
import { type BoxHandleName, boxHandles, resizeBox } from "./handles";
import { imagePoint } from "./point";

const image = { width: 100, height: 50 };

test("boxFromCorners takes the corners in any order", () => {
  const box = { x: 1, y: 2, w: 9, h: 18 };
  expect(boxFromCorners(imagePoint(1, 2), imagePoint(10, 20))).toEqual(box);
  expect(boxFromCorners(imagePoint(10, 2), imagePoint(1, 20))).toEqual(box);
});

test("boxOfPoints is tight, and nothing for no points", () => {
  expect(boxOfPoints([imagePoint(3, 9), imagePoint(-1, 4)])).toEqual({ x: -1, y: 4, w: 4, h: 5 });
  expect(boxOfPoints([])).toEqual({ x: 0, y: 0, w: 0, h: 0 });
});

test("boxContains: the left and upper border belong to the box, the others do not, as with pixels", () => {
  const box = { x: 2, y: 3, w: 1, h: 1 };
  expect(boxContains(box, imagePoint(2, 3))).toBe(true);
  expect(boxContains(box, imagePoint(3, 3))).toBe(false);
  expect(boxContains(box, imagePoint(2, 4))).toBe(false);
});

test("boxesTouch: a box without area is found by a box around it", () => {
  expect(boxesTouch({ x: 5, y: 5, w: 0, h: 0 }, { x: 0, y: 0, w: 5, h: 5 })).toBe(true);
  expect(boxesTouch({ x: 5.1, y: 5, w: 0, h: 0 }, { x: 0, y: 0, w: 5, h: 5 })).toBe(false);
});

describe("clipBox", () => {
  test.each([
    ["inside", { x: 1, y: 1, w: 2, h: 2 }, { x: 1, y: 1, w: 2, h: 2 }],
    ["over the corner", { x: -5, y: -5, w: 10, h: 10 }, { x: 0, y: 0, w: 5, h: 5 }],
    ["over everything", { x: -5, y: -5, w: 500, h: 500 }, { x: 0, y: 0, w: 100, h: 50 }],
    ["outside", { x: 200, y: 0, w: 5, h: 5 }, null],
    ["at the border", { x: 100, y: 0, w: 5, h: 5 }, null],
  ])("%s", (_, box, clipped) => expect(clipBox(box, image)).toEqual(clipped));
});

describe("limitMove", () => {
  test.each([
    ["free", { x: 10, y: 10, w: 10, h: 10 }, [5, -5], [5, -5]],
    ["to the right border", { x: 80, y: 0, w: 10, h: 10 }, [50, 0], [10, 0]],
    ["to the upper border", { x: 0, y: 7, w: 10, h: 10 }, [0, -50], [0, -7]],
    ["out already, further out", { x: -4, y: 0, w: 10, h: 10 }, [-3, 0], [0, 0]],
    ["out already, back in", { x: -4, y: 0, w: 10, h: 10 }, [6, 0], [6, 0]],
  ])("%s", (_, box, [dx = 0, dy = 0], expected) => {
    expect(limitMove(box, dx, dy, image).map((part) => part + 0)).toEqual(expected);
  });
});

describe("resizeBox", () => {
  const box = { x: 10, y: 10, w: 20, h: 10 };
  test.each([
    ["nw", { x: 0, y: 0, w: 30, h: 20 }],
    ["n", { x: 10, y: 0, w: 20, h: 20 }],
    ["ne", { x: 0, y: 0, w: 10, h: 20 }],
    ["e", { x: 0, y: 10, w: 10, h: 10 }],
    ["se", { x: 0, y: 0, w: 10, h: 10 }],
    ["s", { x: 10, y: 0, w: 20, h: 10 }],
    ["sw", { x: 0, y: 0, w: 30, h: 10 }],
    ["w", { x: 0, y: 10, w: 30, h: 10 }],
  ] satisfies [BoxHandleName, object][])(
    "%s to the corner (0, 0), turned over where it has to be",
    (name, expected) => {
      expect(resizeBox(box, name, imagePoint(0, 0))).toEqual(expected);
    },
  );

  test("a handle dragged to where it is changes nothing", () => {
    for (const { name, at } of boxHandles(box)) expect(resizeBox(box, name, at)).toEqual(box);
  });
});
