/** Counts in a square grid, the more the darker; what it shows is also said in words. */

import { useMemo } from "react";
import type { Cells } from "@/api/schema";
import { formatCount } from "@/lib/format";

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
}

const SIDE = 320;

export function HeatGrid({ cells, label, xAxis, yAxis, isUpward = false, words }: HeatGridProps) {
  const { edges } = cells;
  const count = edges.length - 1;
  const most = Math.max(1, ...cells.counts);
  const total = cells.counts.reduce((sum, each) => sum + each, 0);
  const step = SIDE / count;
  const describe = (cell: number): string => {
    const column = cell % count;
    const row = Math.floor(cell / count);
    return words([edges[column] ?? 0, edges[column + 1] ?? 1], [edges[row] ?? 0, edges[row + 1] ?? 1]);
  };
  const summary = useMemo(() => {
    const order = cells.counts
      .map((_, index) => index)
      .toSorted((a, b) => (cells.counts[b] ?? 0) - (cells.counts[a] ?? 0));
    return order
      .slice(0, 3)
      .map((index) => ({ cell: cells.cells[index] ?? 0, count: cells.counts[index] ?? 0 }));
  }, [cells]);
  const inWords = summary
    .map(({ cell, count: found }) => `${formatCount(found)} ${describe(cell)}`)
    .join("; ");
  return (
    <figure className="@container">
      <div className="@md:flex @md:gap-5">
        <div className="flex min-w-0 shrink gap-2 @md:basis-86">
          <span className="flex w-4 items-center justify-center text-muted text-xs [writing-mode:vertical-rl] [transform:rotate(180deg)]">
            {yAxis}
          </span>
          <div className="min-w-0 max-w-80 grow">
            <svg
              role="img"
              aria-label={`${label}. Most: ${inWords || "nothing yet"}`}
              viewBox={`0 0 ${SIDE} ${SIDE}`}
              className="w-full rounded-md border border-line bg-sunken text-accent"
            >
              {cells.cells.map((cell, index) => {
                const column = cell % count;
                const row = Math.floor(cell / count);
                const found = cells.counts[index] ?? 0;
                return (
                  <rect
                    key={cell}
                    x={column * step}
                    y={(isUpward ? count - 1 - row : row) * step}
                    width={step}
                    height={step}
                    fill="currentColor"
                    // The root: a few crowded cells would hide all others.
                    fillOpacity={0.12 + 0.88 * Math.sqrt(found / most)}
                  >
                    <title>{`${formatCount(found)} ${describe(cell)}`}</title>
                  </rect>
                );
              })}
            </svg>
            <div className="mt-1 text-center text-muted text-xs">{xAxis}</div>
          </div>
        </div>
        <figcaption className="mt-2 min-w-36 flex-1 text-muted text-xs @md:mt-0">
          {total === 0 ? "Nothing to show yet." : `Most: ${inWords}.`}
        </figcaption>
      </div>
    </figure>
  );
}
