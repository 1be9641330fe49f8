/** The curves of a run: losses, the figures of its val split, learning rate and speed, by epoch. */

import type { ReactNode } from "react";
import { cx } from "@/lib/class-names";
import { headlineOf, metricLabel } from "@/lib/metrics";
import { LineChart, type Series } from "@/ui/line-chart";
import { Card, CardTitle } from "@/ui/page";
import type { TrainingEpoch } from "../api";

export function RunCharts({ epochs, isUnderWay }: { epochs: readonly TrainingEpoch[]; isUnderWay: boolean }) {
  if (epochs.length === 0) {
    return (
      <Card
        className={cx("flex items-center justify-center text-muted text-sm", isUnderWay ? "h-80" : "h-20")}
      >
        {isUnderWay ? "The curves begin with the first epoch." : "It ended before its first epoch."}
      </Card>
    );
  }
  const x = epochs.map((each) => each.epoch);
  const losses = namesOf(epochs, "losses").map((name) => seriesOf(epochs, "losses", name));
  const figures = namesOf(epochs, "metrics").map((name) => seriesOf(epochs, "metrics", name));
  return (
    // The last of three takes the whole row.
    <div className="grid gap-4 xl:grid-cols-2 [&>:last-child:nth-child(odd)]:xl:col-span-2">
      <Chart title="Loss" label="Losses of the train split by epoch" x={x} series={losses} />
      {figures.length === 0 && isUnderWay && (
        // As high as the curves that it makes room for.
        <Card className="flex min-w-0 flex-col xl:min-h-80">
          <CardTitle>Figures of the held back images</CardTitle>
          <p className="my-auto text-center text-muted text-sm xl:pb-10">
            They are measured about ten times a run. The first time is still to come.
          </p>
        </Card>
      )}
      {figures.length > 0 && (
        <Chart
          title={`${metricLabel(headlineOf(lastMetrics(epochs))?.name ?? "Figures")} of the held back images`}
          label="Figures of the val split by epoch"
          x={x}
          series={figures}
          yRange={isShare(figures) ? [0, 1] : undefined}
        />
      )}
      <Chart
        title="Learning rate"
        label="Learning rate by epoch"
        x={x}
        series={[{ label: "Learning rate", values: epochs.map((each) => each.learning_rate ?? null) }]}
        formatY={(value) => (value === 0 ? "0" : value.toExponential(1))}
      />
      <Chart
        title="Images a second"
        label="Images a second by epoch"
        x={x}
        series={[{ label: "Images a second", values: epochs.map((each) => each.images_per_second ?? null) }]}
        fromZero
      />
    </div>
  );
}

interface ChartProps {
  title: ReactNode;
  label: string;
  x: readonly number[];
  series: readonly Series[];
  yRange?: readonly [number, number];
  formatY?: (value: number) => string;
  fromZero?: boolean;
}

function Chart({ title, fromZero, series, yRange, ...rest }: ChartProps) {
  const top = Math.max(...series.flatMap((each) => each.values.map((value) => value ?? 0)), 0);
  return (
    <Card className="min-w-0">
      <CardTitle>{title}</CardTitle>
      <LineChart
        {...rest}
        series={series}
        xLabel="Epoch"
        yRange={fromZero && top > 0 ? [0, top * 1.1] : yRange}
      />
    </Card>
  );
}

/** Names in the order of their first appearance, the total first. */
function namesOf(epochs: readonly TrainingEpoch[], of: "losses" | "metrics"): string[] {
  return [...new Set(epochs.flatMap((each) => Object.keys(each[of] ?? {})))];
}

function seriesOf(epochs: readonly TrainingEpoch[], of: "losses" | "metrics", name: string): Series {
  return { label: metricLabel(name), values: epochs.map((each) => each[of]?.[name] ?? null) };
}

function lastMetrics(epochs: readonly TrainingEpoch[]): Readonly<Record<string, number>> | undefined {
  return epochs.findLast((each) => Object.keys(each.metrics ?? {}).length > 0)?.metrics;
}

function isShare(series: readonly Series[]): boolean {
  return series.every((each) => each.values.every((value) => value === null || (value >= 0 && value <= 1)));
}
