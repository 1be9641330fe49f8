/** Counts in a square grid, the more the darker; what it shows is also said in words. A cell can be chosen. */

import { type KeyboardEvent, type MouseEvent, type PointerEvent, useMemo, useState } from "react";
import type { Cells } from "@/api/schema";
import { formatCount } from "@/lib/format";
import { cellAt, cellBeside, placeOf } from "./grid-cells";

interface HeatGridProps {
  cells: Cells;
  /** Names the picture. */
  label: string;
  /** Along the lower and the left edge. */
  xAxis: string;
  yAxis: string;
  /** Rows begin at the lower edge, as amounts do; places in an image begin at the upper one. */
  isUpward?: boolean;
  /** What one cell is, in words, from its edges as parts of 1. */
  words: (x: [number, number], y: [number, number]) => string;
  chosen: number | null;
  onChoose: (cell: ChosenCell) => void;
}

export interface ChosenCell {
  cell: number;
  count: number;
  words: string;
}

const SIDE = 320;

export function HeatGrid({
  cells,
  label,
  xAxis,
  yAxis,
  isUpward = false,
  words,
  chosen,
  onChoose,
}: HeatGridProps) {
  const { edges } = cells;
  const side = edges.length - 1;
  const grid = { side, isUpward };
  const counts = useMemo(
    () => new Map(cells.cells.map((cell, index) => [cell, cells.counts[index] ?? 0])),
    [cells],
  );
  const most = useMemo(() => mostOf(cells), [cells]);
  const highest = Math.max(1, counts.get(most[0] ?? 0) ?? 0);
  const step = SIDE / side;
  // The cell that the pointer is over, or that the arrow keys have come to.
  const [at, setAt] = useState<number | null>(null);
  const describe = (cell: number): ChosenCell => {
    const [column, row] = [cell % side, Math.floor(cell / side)];
    const inWords = words(
      [edges[column] ?? 0, edges[column + 1] ?? 1],
      [edges[row] ?? 0, edges[row + 1] ?? 1],
    );
    return { cell, count: counts.get(cell) ?? 0, words: inWords };
  };
  const say = (cell: number) => {
    const { count, words: inWords } = describe(cell);
    return `${count === 0 ? "None" : formatCount(count)} ${inWords}`;
  };
  const choose = (cell: number) => counts.has(cell) && onChoose(describe(cell));
  const under = (event: PointerEvent<HTMLElement> | MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return cellAt(grid, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = cellBeside(grid, at ?? chosen ?? most[0] ?? 0, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
  };
  const inWords = most.map(say).join("; ");
  return (
    <figure className="@container">
      <div className="@md:flex @md:gap-5">
        <div className="flex min-w-0 gap-2 @md:basis-86">
          <span className="flex w-4 items-center justify-center text-muted text-xs [writing-mode:vertical-rl] [transform:rotate(180deg)]">
            {yAxis}
          </span>
          <div className="min-w-0 max-w-80 grow">
            <div className="relative">
              <svg
                role="img"
                aria-label={`${label}. Most: ${inWords || "nothing yet"}`}
                viewBox={`0 0 ${SIDE} ${SIDE}`}
                className="block w-full rounded-md border border-line bg-sunken text-accent"
              >
                {cells.cells.map((cell) => {
                  const [column, row] = placeOf(grid, cell);
                  return (
                    <rect
                      key={cell}
                      x={column * step}
                      y={row * step}
                      width={step}
                      height={step}
                      fill="currentColor"
                      // The root: a few crowded cells would hide all others.
                      fillOpacity={0.12 + 0.88 * Math.sqrt((counts.get(cell) ?? 0) / highest)}
                    />
                  );
                })}
                {[at, chosen].map((cell, index) => {
                  if (cell === null) return null;
                  const [column, row] = placeOf(grid, cell);
                  return (
                    <rect
                      key={index === 0 ? "at" : "chosen"}
                      x={column * step}
                      y={row * step}
                      width={step}
                      height={step}
                      fill="none"
                      stroke="var(--color-text)"
                      strokeWidth={index === 0 ? 1.5 : 2.5}
                    />
                  );
                })}
              </svg>
              {cells.cells.length > 0 && (
                // One control for all cells: a thousand of them would be a thousand stops of the Tab key.
                <button
                  type="button"
                  aria-label={`Choose a cell of: ${label}. Arrow keys go from cell to cell, Enter shows the images.`}
                  className="absolute inset-0 cursor-pointer rounded-md"
                  onPointerMove={(event) => setAt(under(event))}
                  onPointerLeave={() => setAt(null)}
                  onKeyDown={onKeyDown}
                  // The keyboard's click has no place.
                  onClick={(event) =>
                    choose(event.detail === 0 ? (at ?? chosen ?? most[0] ?? 0) : under(event))
                  }
                />
              )}
            </div>
            <div className="mt-1 text-center text-muted text-xs">{xAxis}</div>
          </div>
        </div>
        <figcaption className="mt-2 min-h-8 min-w-36 flex-1 text-muted text-xs @md:mt-0" aria-live="polite">
          {counts.size === 0
            ? "Nothing to show yet."
            : at === null
              ? `Most: ${inWords}. A cell leads to its images.`
              : `${say(at)}.`}
        </figcaption>
      </div>
    </figure>
  );
}

/** The three cells with the most, the fullest first. */
function mostOf({ cells, counts }: Cells): number[] {
  const order = counts.map((_, index) => index).toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  return order.slice(0, 3).map((index) => cells[index] ?? 0);
}
