/** Where the cells of a gallery are: pure numbers, so that a box drawn over them is a question of arithmetic. */

export interface GridGeometry {
  columns: number;
  cellWidth: number;
  cellHeight: number;
  gap: number;
  count: number;
}

/** In pixels of the content, which scrolls. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Height of the line under a thumbnail. */
export const CAPTION_HEIGHT = 26;

/** Return as many columns of about the wanted width as fit, and what of the width each gets. */
export function gridGeometry(width: number, wantedWidth: number, count: number, gap = 10): GridGeometry {
  const columns = Math.max(1, Math.round((width + gap) / (wantedWidth + gap)));
  const cellWidth = Math.max(1, (width - gap * (columns - 1)) / columns);
  return { columns, cellWidth, cellHeight: Math.round(cellWidth * 0.75) + CAPTION_HEIGHT, gap, count };
}

export function rowsOf(grid: GridGeometry): number {
  return Math.ceil(grid.count / grid.columns);
}

/** Return the numbers of the cells that an area touches, in their order. */
export function cellsIn(grid: GridGeometry, area: Area): number[] {
  const right = area.x + area.width;
  const bottom = area.y + area.height;
  const [firstColumn, lastColumn] = stretch(area.x, right, grid.cellWidth, grid.gap, grid.columns);
  const [firstRow, lastRow] = stretch(area.y, bottom, grid.cellHeight, grid.gap, rowsOf(grid));
  const found: number[] = [];
  for (let row = firstRow; row <= lastRow; row += 1) {
    for (let column = firstColumn; column <= lastColumn; column += 1) {
      const index = row * grid.columns + column;
      if (index < grid.count) found.push(index);
    }
  }
  return found;
}

/** Return the area between two points. */
export function areaBetween(a: { x: number; y: number }, b: { x: number; y: number }): Area {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

/** Return the first and last of equal cells with gaps between them that a stretch touches. */
function stretch(from: number, to: number, size: number, gap: number, count: number): [number, number] {
  const step = size + gap;
  // In the gap behind a cell, the stretch begins with the next one.
  const first = Math.floor(from / step) + (from - Math.floor(from / step) * step >= size ? 1 : 0);
  return [Math.max(0, first), Math.min(count - 1, Math.floor(to / step))];
}
