import { expect, test } from "vitest";
import { cellAt, cellBeside, placeOf } from "./grid-cells";

const DOWN = { side: 4, isUpward: false };
const UP = { side: 4, isUpward: true };

test.each([
  ["the upper left corner", DOWN, 0, 0, 0],
  ["the lower right corner", DOWN, 1, 1, 15],
  ["beyond the edge", DOWN, 1.2, -0.1, 3],
  ["rows that begin below", UP, 0.3, 0.9, 1],
  ["the last row of those", UP, 0.99, 0.01, 15],
])("a point is in a cell: %s", (_, grid, x, y, cell) => {
  expect(cellAt(grid, x, y)).toBe(cell);
  const [column, row] = placeOf(grid, cell);
  expect(cellAt(grid, (column + 0.5) / 4, (row + 0.5) / 4)).toBe(cell);
});

test.each([
  [DOWN, 5, "ArrowDown", 9],
  [UP, 5, "ArrowDown", 1],
  [UP, 5, "ArrowUp", 9],
  [DOWN, 5, "ArrowRight", 6],
  [DOWN, 4, "ArrowLeft", 4],
  [DOWN, 15, "ArrowDown", 15],
  [DOWN, 5, "Enter", undefined],
])("a key goes on: %o %i %s", (grid, cell, key, next) => {
  expect(cellBeside(grid, cell, key)).toBe(next);
});
