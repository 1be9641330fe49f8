/** Finds what lies near a point or in a box among thousands of boxes: a grid of cells, each with what touches it. */
import { type Box, boxesTouch, boxUnion } from "./box";

/** Cells along the longer side; 64 x 64 holds about one of 4,000 boxes each. */
const CELLS = 64;

export class GridIndex<Item> {
  private readonly cells = new Map<number, number[]>();
  /** Of boxes that would fill a great part of the grid: cheaper to look at each time than to list everywhere. */
  private readonly large: number[] = [];
  private readonly extent: Box;
  private readonly side: number;

  constructor(
    private readonly items: readonly Item[],
    private readonly boxes: readonly Box[],
  ) {
    this.extent = boxes.reduce((all, box) => boxUnion(all, box), boxes[0] ?? { x: 0, y: 0, w: 0, h: 0 });
    this.side = Math.max(this.extent.w, this.extent.h, 1e-9) / CELLS;
    boxes.forEach((box, index) => {
      const cells = this.cellsOf(box);
      if (cells.length > (CELLS * CELLS) / 16) this.large.push(index);
      else for (const cell of cells) this.listAt(cell).push(index);
    });
  }

  /** Return the items whose box shares a point with the given one, in the order they were given in. */
  touching(box: Box): Item[] {
    const found = new Set(this.large);
    for (const cell of this.cellsOf(box)) for (const index of this.cells.get(cell) ?? []) found.add(index);
    return [...found]
      .sort((a, b) => a - b)
      .flatMap((index) => {
        const [item, own] = [this.items[index], this.boxes[index]];
        return item !== undefined && own && boxesTouch(own, box) ? [item] : [];
      });
  }

  private cellsOf(box: Box): number[] {
    const column = (x: number) => Math.min(Math.max(Math.floor((x - this.extent.x) / this.side), 0), CELLS);
    const row = (y: number) => Math.min(Math.max(Math.floor((y - this.extent.y) / this.side), 0), CELLS);
    const cells: number[] = [];
    for (let y = row(box.y); y <= row(box.y + box.h); y += 1) {
      for (let x = column(box.x); x <= column(box.x + box.w); x += 1) cells.push(y * (CELLS + 1) + x);
    }
    return cells;
  }

  private listAt(cell: number): number[] {
    const known = this.cells.get(cell);
    if (known) return known;
    const made: number[] = [];
    this.cells.set(cell, made);
    return made;
  }
}
