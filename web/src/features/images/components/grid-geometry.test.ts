import { expect, test } from "vitest";
import { areaBetween, cellsIn, gridGeometry, rowsOf } from "./grid-geometry";

const GRID = { columns: 3, cellWidth: 100, cellHeight: 80, gap: 10, count: 8 };

test("gridGeometry: cells fill the width", () => {
  const grid = gridGeometry(1000, 180, 25);
  expect(grid.columns * grid.cellWidth + (grid.columns - 1) * grid.gap).toBeCloseTo(1000);
  expect([grid.columns, rowsOf(grid)]).toEqual([5, 5]);
  expect(gridGeometry(50, 200, 3).columns).toBe(1);
});

test.each([
  ["inside one cell", { x: 10, y: 10 }, { x: 20, y: 20 }, [0]],
  ["drawn from below and right", { x: 115, y: 95 }, { x: 90, y: 70 }, [0, 1, 3, 4]],
  ["in a gap", { x: 101, y: 10 }, { x: 109, y: 20 }, []],
  ["from a gap into the next cell", { x: 105, y: 10 }, { x: 111, y: 20 }, [1]],
  ["over the end of the last row", { x: 0, y: 185 }, { x: 400, y: 400 }, [6, 7]],
  ["outside", { x: -50, y: -50 }, { x: -10, y: -10 }, []],
])("cellsIn: %s", (_, a, b, cells) => {
  expect(cellsIn(GRID, areaBetween(a, b))).toEqual(cells);
});
