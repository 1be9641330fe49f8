import { describe, expect, test } from "vitest";
import { type Box, boxesTouch } from "./box";
import { GridIndex } from "./grid-index";

/** Numbers from 0 to 1 that are the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

describe("GridIndex", () => {
  test("finds what looking at every box finds, in the same order", () => {
    const next = numbers(3);
    const box = (size: number): Box => ({
      x: next() * 4000 - 100,
      y: next() * 3000,
      w: next() * size,
      h: next() * size,
    });
    // Some without area, most small, a few that cover much of the image.
    const boxes = Array.from({ length: 600 }, (_, at) => box(at % 50 === 0 ? 3500 : at % 7 === 0 ? 0 : 80));
    const names = boxes.map((_, at) => at);
    const index = new GridIndex(names, boxes);
    for (let query = 0; query < 300; query += 1) {
      const wanted = box(query % 3 === 0 ? 0 : 400);
      expect(index.touching(wanted)).toEqual(names.filter((at) => boxesTouch(boxes[at] ?? wanted, wanted)));
    }
  });

  test("far outside of everything there is nothing", () => {
    const index = new GridIndex(["a"], [{ x: 0, y: 0, w: 10, h: 10 }]);
    expect(index.touching({ x: 1e6, y: 1e6, w: 1, h: 1 })).toEqual([]);
    expect(index.touching({ x: -1e6, y: -1e6, w: 2e6, h: 2e6 })).toEqual(["a"]);
  });

  test("without boxes, and with all of them on one point", () => {
    expect(new GridIndex([], []).touching({ x: 0, y: 0, w: 1, h: 1 })).toEqual([]);
    const point = { x: 5, y: 5, w: 0, h: 0 };
    expect(new GridIndex(["a", "b"], [point, point]).touching(point)).toEqual(["a", "b"]);
  });
});
