import { describe, expect, test } from "vitest";
import { imagePoint } from "./point";
import { nearestOnLine, signedArea } from "./ring";
import { simplifyLine, simplifyRing } from "./simplify";

const circle = Array.from({ length: 400 }, (_, at) => {
  const angle = (at / 400) * 2 * Math.PI;
  return imagePoint(100 + 50 * Math.cos(angle), 100 + 50 * Math.sin(angle));
});

describe("simplifyLine", () => {
  test("points on a straight line go", () => {
    const line = Array.from({ length: 50 }, (_, at) => imagePoint(at, 2 * at));
    expect(simplifyLine(line, 0.01)).toEqual([imagePoint(0, 0), imagePoint(49, 98)]);
  });

  test("a corner stays", () => {
    const line = [imagePoint(0, 0), imagePoint(5, 0.1), imagePoint(10, 0), imagePoint(10, 10)];
    expect(simplifyLine(line, 0.5)).toEqual([imagePoint(0, 0), imagePoint(10, 0), imagePoint(10, 10)]);
  });

  test.each([0.1, 0.5, 2, 8])("no point is farther than %f from the simpler line", (tolerance) => {
    const simple = simplifyLine(circle, tolerance);
    expect(simple.length).toBeLessThan(circle.length);
    for (const point of circle) {
      expect(nearestOnLine(simple, false, point)?.distance).toBeLessThanOrEqual(tolerance + 1e-9);
    }
  });
});

describe("simplifyRing", () => {
  test("a circle of 400 points needs a few dozen within a quarter of a pixel", () => {
    const simple = simplifyRing(circle, 0.25);
    expect(simple.length).toBeLessThan(50);
    expect(signedArea(simple) / signedArea(circle)).toBeGreaterThan(0.99);
  });

  test("three points are left at least, with an area", () => {
    const simple = simplifyRing(circle, 1000);
    expect(simple).toHaveLength(3);
    expect(Math.abs(signedArea(simple))).toBeGreaterThan(100);
  });
});
