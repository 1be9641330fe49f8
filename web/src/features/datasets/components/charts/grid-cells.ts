/** Which cell of a square grid is where: under the pointer, and beside another one. Cells are counted row by row. */

export interface GridSide {
  /** Cells along each side. */
  side: number;
  /** Whether the first row is the lowest. */
  isUpward: boolean;
}

/** Return the cell at a point, given as parts of the picture's width and height from its upper left corner. */
export function cellAt({ side, isUpward }: GridSide, x: number, y: number): number {
  const column = stepOf(x, side);
  const row = stepOf(y, side);
  return (isUpward ? side - 1 - row : row) * side + column;
}

/** Return the column, and the row from the top, that a cell is drawn in. */
export function placeOf({ side, isUpward }: GridSide, cell: number): [number, number] {
  const row = Math.floor(cell / side);
  return [cell % side, isUpward ? side - 1 - row : row];
}

/** Return the cell that an arrow key leads to, the same one at an edge; undefined for other keys. */
export function cellBeside(grid: GridSide, cell: number, key: string): number | undefined {
  const [column, row] = placeOf(grid, cell);
  const [right, down] = ARROWS[key] ?? [0, 0];
  if (right === 0 && down === 0) return undefined;
  const inside = (step: number) => Math.min(grid.side - 1, Math.max(0, step));
  return cellAt(grid, (inside(column + right) + 0.5) / grid.side, (inside(row + down) + 0.5) / grid.side);
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function stepOf(part: number, side: number): number {
  return Math.min(side - 1, Math.max(0, Math.floor(part * side)));
}
