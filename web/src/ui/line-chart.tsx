/** Lines over a shared x axis, drawn by uPlot; with a table of the same numbers for those who cannot see them. */

import { useEffect, useRef, useSyncExternalStore } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { cx } from "@/lib/class-names";

export interface Series {
  label: string;
  /** One value for each x; null where there is none. */
  values: ReadonlyArray<number | null>;
  /** A CSS colour; otherwise one of the palette by place. */
  color?: string;
  isDashed?: boolean;
}

/** Between the marks of epochs and other counts. */
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

interface LineChartProps {
  label: string;
  x: readonly number[];
  series: readonly Series[];
  xLabel?: string;
  /** Fixed bounds of y, as 0–1 for shares. */
  yRange?: readonly [number, number];
  height?: number;
  formatY?: (value: number) => string;
}

/** Distinguishable for the colour-blind, on both themes (after Okabe and Ito 2008). */
export const LINE_COLORS = [
  "#5b6ee1",
  "#d9822b",
  "#0f9d78",
  "#c2488f",
  "#3a9bd9",
  "#b39b00",
  "#8a63d2",
  "#c8553d",
];

/** The legend under the axis: small, each line a stroke of its colour, and figures only under the pointer. */
const LEGEND = [
  "[&_.uplot]:[font-family:inherit]! [&_.u-legend]:text-left! [&_.u-legend]:text-xs! [&_.u-legend]:pl-12",
  "[&_.u-legend_tbody]:flex! [&_.u-legend_tbody]:flex-wrap [&_.u-legend_tbody]:gap-x-3",
  "[&_.u-legend_tr]:mr-0! [&_.u-legend_th]:font-normal! [&_.u-series>*]:px-0! [&_.u-series>*]:py-0.5!",
  "[&_.u-series:first-child]:order-last [&_.u-series:first-child_.u-marker]:hidden!",
  "[&:not(:hover)_.u-series:first-child]:invisible [&:not(:hover)_.u-value]:invisible",
  "[&_.u-legend_th]:after:content-none! [&_.u-marker]:h-0! [&_.u-marker]:w-3.5! [&_.u-marker]:mr-1.5!",
  "[&_.u-label]:max-w-60 [&_.u-label]:truncate",
  "[&_.u-value]:ml-1.5 [&_.u-value]:min-w-9 [&_.u-value]:text-text [&_.u-value]:tabular-nums",
].join(" ");

export function LineChart({
  label,
  x,
  series,
  xLabel = "",
  yRange,
  height = 220,
  formatY = figure,
}: LineChartProps) {
  const theme = useSyncExternalStore(onTheme, themeNow);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = JSON.stringify([
    theme,
    series.map((each) => [each.label, each.color, each.isDashed]),
    yRange,
    height,
    xLabel,
  ]);
  const data = [
    x as number[],
    ...series.map((each) => each.values as (number | null)[]),
  ] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const format = useRef(formatY);
  format.current = formatY;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for what the options are made of
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--muted");
    const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
    const font = "11px Inter Variable, system-ui, sans-serif";
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        scales: { x: { time: false }, y: yRange ? { range: [yRange[0], yRange[1]] } : {} },
        axes: [
          {
            stroke: ink,
            grid,
            ticks: grid,
            font,
            label: xLabel || undefined,
            labelFont: font,
            labelSize: 18,
            size: 32,
            incrs: latest.current[0].every(Number.isInteger) ? WHOLE_STEPS : undefined,
          },
          {
            stroke: ink,
            grid,
            ticks: grid,
            font,
            size: 54,
            values: (_, ticks) => ticks.map((each) => format.current(each)),
          },
        ],
        series: [
          { label: xLabel || "x" },
          ...series.map((each, index) => ({
            label: each.label,
            stroke: each.color ?? LINE_COLORS[index % LINE_COLORS.length],
            width: 2,
            dash: each.isDashed ? [6, 4] : undefined,
            spanGaps: true,
            points: { show: latest.current[0].length < 30, size: 5 },
            value: (_: uPlot, value: number | null) => (value === null ? "-" : format.current(value)),
          })),
        ],
        legend: { live: true },
        cursor: { y: false },
      },
      latest.current,
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(data);
  });

  return (
    <figure aria-label={label}>
      <div
        ref={place}
        aria-hidden="true"
        className={cx("text-muted", LEGEND)}
        style={{ minHeight: height + 28 }}
      />
      <table className="sr-only">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th>{xLabel || "x"}</th>
            {series.map((each) => (
              <th key={each.label}>{each.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {x.slice(-50).map((position, index) => (
            <tr key={position}>
              <td>{position}</td>
              {series.map((each) => {
                const value = each.values[Math.max(0, x.length - 50) + index];
                return <td key={each.label}>{value == null ? "" : formatY(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** A canvas does not follow the colours of the page by itself. */
function onTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

const themeNow = () => document.documentElement.dataset.theme;

function figure(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
