/** How many there are in each step of a measure, as columns; a column leads to the images behind it. */

import { Link } from "@tanstack/react-router";
import type { GallerySearch } from "@/features/images/search";
import { formatCompact, formatCount } from "@/lib/format";

export interface Column {
  key: string;
  /** Under the column; empty for those between labels. */
  tick: string;
  /** The step in words: "0.50 to 0.55". */
  label: string;
  value: number;
  search?: GallerySearch;
}

interface HistogramProps {
  label: string;
  datasetName: string;
  columns: readonly Column[];
  /** What is counted, for one and for many. */
  unit: [string, string];
}

export function Histogram({ label, datasetName, columns, unit }: HistogramProps) {
  const most = Math.max(1, ...columns.map((column) => column.value));
  return (
    <ul aria-label={label} className="flex h-44 items-stretch gap-0.5">
      {columns.map((column) => {
        const words = `${column.label}: ${formatCount(column.value)} ${column.value === 1 ? unit[0] : unit[1]}`;
        const content = (
          <>
            <span className="flex min-h-0 grow flex-col justify-end">
              <span
                className="text-center text-[0.625rem] text-muted leading-4 tabular-nums"
                aria-hidden="true"
              >
                {columns.length <= 14 && column.value > 0 ? formatCompact(column.value) : ""}
              </span>
              <span
                className="block rounded-t-sm bg-accent group-hover:bg-accent-hover"
                style={{ height: column.value === 0 ? 0 : `${Math.max(1.5, (column.value / most) * 88)}%` }}
              />
            </span>
            <span
              aria-hidden="true"
              className="h-5 overflow-visible whitespace-nowrap border-line border-t pt-0.5 text-center text-[0.6875rem] text-muted tabular-nums"
            >
              {column.tick}
            </span>
            <span className="sr-only">{words}</span>
          </>
        );
        const className = "group flex h-full min-w-0 flex-col";
        return (
          <li key={column.key} className="min-w-0 grow basis-0" title={words}>
            {column.search && column.value > 0 ? (
              <Link
                to="/datasets/$name"
                params={{ name: datasetName }}
                search={column.search}
                className={className}
              >
                {content}
              </Link>
            ) : (
              <div className={className}>{content}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
