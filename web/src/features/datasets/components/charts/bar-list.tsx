/** Amounts as lines with a bar each; a line leads to the images behind it. */

import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { GallerySearch } from "@/features/images/search";
import { formatCount, formatPercent } from "@/lib/format";
import { Button } from "@/ui/button";

export interface Bar {
  key: string;
  label: string;
  value: number;
  /** Said behind the value: "on 12 images". */
  hint?: string;
  /** Said under the label: "below 32 × 32 pixels". */
  note?: string;
  /** A dot before the label. */
  color?: string;
  search?: GallerySearch;
}

interface BarListProps {
  label: string;
  datasetName: string;
  bars: readonly Bar[];
  /** What the shares are of; the sum of the bars where it is left out. */
  whole?: number;
}

/** Lines that are shown before somebody asks for more. */
const AT_FIRST = 12;

export function BarList({ label, datasetName, bars, whole }: BarListProps) {
  const [isWhole, setIsWhole] = useState(false);
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const total = whole ?? bars.reduce((sum, bar) => sum + bar.value, 0);
  const shown = isWhole ? bars : bars.slice(0, AT_FIRST);
  return (
    <div>
      <ul aria-label={label} className="flex flex-col gap-0.5">
        {shown.map((bar) => (
          <li key={bar.key}>
            <Line datasetName={datasetName} search={bar.value > 0 ? bar.search : undefined}>
              <span className="flex min-w-0 items-center gap-1.5">
                {bar.color && (
                  <span
                    aria-hidden="true"
                    className="size-2.5 shrink-0 rounded-full border border-line-strong/40"
                    style={{ backgroundColor: bar.color }}
                  />
                )}
                <span className="min-w-0">
                  <span className="block truncate" title={bar.label}>
                    {bar.label}
                  </span>
                  {bar.note && <span className="block text-muted text-xs">{bar.note}</span>}
                </span>
              </span>
              <span className="relative h-2 self-center overflow-hidden rounded-full bg-line">
                <span
                  className="absolute inset-y-0 left-0 rounded-full bg-accent"
                  style={{ width: `${bar.value === 0 ? 0 : Math.max(0.5, (bar.value / most) * 100)}%` }}
                />
              </span>
              <span className="text-right tabular-nums">
                {formatCount(bar.value)}{" "}
                <span className="inline-block w-12 text-muted text-xs">
                  {total > 0 &&
                    formatPercent(bar.value / total, bar.value > 0 && bar.value / total < 0.1 ? 1 : 0)}
                </span>
                {bar.hint && <span className="block text-muted text-xs">{bar.hint}</span>}
              </span>
            </Line>
          </li>
        ))}
      </ul>
      {bars.length > AT_FIRST && (
        <Button variant="ghost" size="sm" className="mt-1" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? "Show fewer" : `Show all ${formatCount(bars.length)}`}
        </Button>
      )}
    </div>
  );
}

function Line({
  datasetName,
  search,
  children,
}: {
  datasetName: string;
  search: GallerySearch | undefined;
  children: ReactNode;
}) {
  const className =
    "-mx-1.5 grid min-h-7 grid-cols-[minmax(5rem,10rem)_1fr_7.5rem] items-center gap-3 rounded-md px-1.5 text-sm";
  if (search === undefined) return <div className={className}>{children}</div>;
  return (
    <Link
      to="/datasets/$name"
      params={{ name: datasetName }}
      search={search}
      className={`${className} hover:bg-hover`}
    >
      {children}
    </Link>
  );
}
