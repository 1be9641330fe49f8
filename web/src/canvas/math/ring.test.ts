import { describe, expect, test } from "vitest";
import { clipRing } from "./clip";
import { imagePoint } from "./point";
import {
  crossesItself,
  insertVertex,
  nearestOnLine,
  nearestVertex,
  polygonArea,
  polygonContains,
  removeVertex,
  ringContains,
  signedArea,
  withoutRepeats,
} from "./ring";

const points = (...flat: number[]) =>
  Array.from({ length: flat.length / 2 }, (_, at) => imagePoint(flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0));

const square = points(0, 0, 10, 0, 10, 10, 0, 10);
const hole = points(2, 2, 6, 2, 6, 6, 2, 6);
const letterU = points(0, 0, 3, 0, 3, 7, 7, 7, 7, 0, 10, 0, 10, 10, 0, 10);

describe("area", () => {
  test("clockwise on the screen is positive", () => {
    expect(signedArea(square)).toBe(100);
    expect(signedArea(square.toReversed())).toBe(-100);
  });

  test("holes are taken off, whichever way they turn", () => {
    expect(polygonArea([square, hole])).toBe(84);
    expect(polygonArea([square.toReversed(), hole.toReversed()])).toBe(84);
  });

  test("a ring with a bay", () => expect(signedArea(letterU)).toBe(100 - 4 * 7));
});

describe("contains", () => {
  test.each([
    [5, 5, true],
    [-1, 5, false],
    [5, 11, false],
    [9.999, 0.001, true],
  ])("square: (%f, %f) is %s", (x, y, expected) =>
    expect(ringContains(square, imagePoint(x, y))).toBe(expected),
  );

  test("the bay of a U is outside", () => {
    expect(ringContains(letterU, imagePoint(5, 3))).toBe(false);
    expect(ringContains(letterU, imagePoint(5, 8))).toBe(true);
  });

  test("a hole is outside", () => {
    expect(polygonContains([square, hole], imagePoint(4, 4))).toBe(false);
    expect(polygonContains([square, hole], imagePoint(8, 8))).toBe(true);
  });

  test("squares side by side share no pixel and leave none out", () => {
    const right = square.map(({ x, y }) => imagePoint(x + 10, y));
    for (let y = 0.5; y < 10; y += 1) {
      for (let x = 0; x < 20; x += 0.5) {
        const inside = [square, right].filter((ring) => ringContains(ring, imagePoint(x, y)));
        expect(inside).toHaveLength(1);
      }
    }
  });
});

describe("nearest", () => {
  test("on the closing edge only of a closed line", () => {
    expect(nearestOnLine(square, true, imagePoint(-2, 5))).toEqual({
      index: 3,
      point: { x: 0, y: 5 },
      distance: 2,
    });
    expect(nearestOnLine(square, false, imagePoint(-2, 5))?.point).toEqual({ x: 0, y: 0 });
  });

  test("a vertex within the tolerance, the nearest of them", () => {
    expect(nearestVertex(square, imagePoint(9, 9), 2)).toBe(2);
    expect(nearestVertex(square, imagePoint(5, 5), 2)).toBe(-1);
  });
});

test("a vertex inserted on an edge and removed again leaves the ring as it was", () => {
  for (let edge = 0; edge < square.length; edge += 1) {
    const more = insertVertex(square, edge, imagePoint(5, 5));
    expect(more).toHaveLength(5);
    expect(removeVertex(more, edge + 1)).toEqual(square);
  }
});

test("withoutRepeats drops neighbours on one place, and the last point where it is the first", () => {
  const line = points(0, 0, 0, 0, 5, 0, 5, 0.1, 0, 5, 0, 0.2);
  expect(withoutRepeats(line, 0.5, true)).toEqual(points(0, 0, 5, 0, 0, 5));
  expect(withoutRepeats(line, 0.5, false)).toEqual(points(0, 0, 5, 0, 0, 5, 0, 0.2));
});

test("crossesItself: a bow tie does, a square and a U do not", () => {
  expect(crossesItself(points(0, 0, 10, 10, 10, 0, 0, 10))).toBe(true);
  expect(crossesItself(square)).toBe(false);
  expect(crossesItself(letterU)).toBe(false);
});

describe("clipRing", () => {
  const image = { width: 10, height: 10 };

  test("what lies inside stays as it is", () => expect(clipRing(square, image)).toEqual(square));

  test("what sticks out is cut at the border", () => {
    const ring = clipRing(points(-5, 2, 5, 2, 5, 4, -5, 4), image);
    expect(ring && Math.abs(signedArea(ring))).toBe(10);
    expect(ring?.every(({ x }) => x >= 0)).toBe(true);
  });

  test("a ring around the image is the image", () => {
    const ring = clipRing(points(-5, -5, 20, -5, 20, 20, -5, 20), image);
    expect(ring && Math.abs(signedArea(ring))).toBe(100);
  });

  test("leaving and coming back keeps the area of both parts", () => {
    // A U whose bottom is below the image: two legs of 3 x 5 are left.
    const ring = clipRing(
      letterU.map(({ x, y }) => imagePoint(x, 10 - y)),
      { width: 10, height: 3 },
    );
    expect(ring && Math.abs(signedArea(ring))).toBeCloseTo(30, 9);
    const legs = clipRing(letterU, { width: 10, height: 5 });
    expect(legs && Math.abs(signedArea(legs))).toBe(30);
  });

  test("nothing is left of what lies outside, or has no area", () => {
    expect(clipRing(points(20, 20, 30, 20, 30, 30), image)).toBeNull();
    expect(clipRing(points(0, 0, 5, 5, 9, 9), image)).toBeNull();
  });
});
