/** The figures of a dataset as charts: classes, shapes, sizes, places, confidences, images. */

import { useMemo, useState } from "react";
import type { ClassStatistics } from "@/api/schema";
import type { ClassColors } from "@/lib/class-colors";
import { formatCount, formatPercent, plural } from "@/lib/format";
import { Select } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { Segmented } from "@/ui/segmented";
import { type GridCell, type Statistics, sourceLabel } from "../api";
import { CellImages } from "./cell-images";
import { type Bar, BarList } from "./charts/bar-list";
import { type ChosenCell, HeatGrid } from "./charts/heat-grid";
import { Histogram } from "./charts/histogram";
import { shapeLabel } from "./shapes";

interface ChartProps {
  datasetName: string;
  statistics: Statistics;
}

const percent = ([low, high]: [number, number]) => `${Math.round(low * 100)}–${Math.round(high * 100)} %`;

export function ClassBalance({ datasetName, statistics, colors }: ChartProps & { colors: ClassColors }) {
  const [by, setBy] = useState<"annotations" | "images">("annotations");
  const isAnnotations = by === "annotations";
  const bars = statistics.classes
    .map(
      (each): Bar => ({
        key: each.name,
        label: each.name,
        color: colors(each.name),
        value: isAnnotations ? each.annotation_count : each.image_count,
        search: { class_name: each.name },
      }),
    )
    .toSorted((a, b) => b.value - a.value);
  const [most, least] = [bars[0], bars.findLast((bar) => bar.value > 0)];
  return (
    <Card>
      <CardTitle
        actions={
          <Segmented
            label="Count"
            value={by}
            onChange={setBy}
            options={[
              { value: "annotations", label: "Annotations" },
              { value: "images", label: "Images" },
            ]}
          />
        }
      >
        Class balance
      </CardTitle>
      <BarList
        label={`Classes by ${by}`}
        datasetName={datasetName}
        bars={bars}
        whole={isAnnotations ? undefined : statistics.image_count}
      />
      {most && least && most !== least && (
        <p className="mt-2 text-muted text-xs">
          {most.label} has {timesOf(most.value / least.value)} times as many as {least.label}.
        </p>
      )}
    </Card>
  );
}

export function StatusChart({ datasetName, statistics }: ChartProps) {
  const { status } = statistics;
  const bars: Bar[] = [
    { key: "new", label: "New", value: status.new, search: { status: "new" } },
    { key: "annotate", label: "In work", value: status.annotate, search: { status: "annotate" } },
    { key: "review", label: "Review", value: status.review, search: { status: "review" } },
    { key: "complete", label: "Complete", value: status.complete, search: { status: "complete" } },
  ];
  return (
    <Card>
      <CardTitle>Images by status</CardTitle>
      <BarList label="Images by status" datasetName={datasetName} bars={bars} />
    </Card>
  );
}

export function ShapeAndSource({ datasetName, statistics }: ChartProps) {
  return (
    <Card>
      <CardTitle>Shapes</CardTitle>
      <BarList
        label="Annotations by shape"
        datasetName={datasetName}
        bars={Object.entries(statistics.shapes).map(([shape, value]) => ({
          key: shape,
          label: shapeLabel(shape),
          value,
        }))}
      />
      <h2 className="mt-5 mb-2 font-semibold text-base">Made by</h2>
      <BarList
        label="Annotations by who made them"
        datasetName={datasetName}
        bars={statistics.sources.map((source) => ({
          key: source.source,
          label: sourceLabel(source.source),
          value: source.annotation_count,
          hint: `on ${plural(source.image_count, "image")}`,
          search: { source: source.source },
        }))}
      />
    </Card>
  );
}

/** One class or all of them: a choice that the grids of the page share. */
function useOneClass(statistics: Statistics, has: (each: ClassStatistics) => boolean) {
  const [name, setName] = useState("");
  const options = useMemo(
    () => statistics.classes.filter(has).map((each) => ({ value: each.name, label: each.name })),
    [statistics.classes, has],
  );
  const chosen = statistics.classes.find((each) => each.name === name);
  const select = (
    <div className="w-44">
      <Select
        aria-label="Class"
        value={name}
        onChange={setName}
        options={[{ value: "", label: "All classes" }, ...options]}
      />
    </div>
  );
  return { chosen, select };
}

interface GridChartProps extends ChartProps {
  colors: ClassColors;
  measuredAt: string | null;
}

/** The cell of a grid that was clicked, and its images; another class has other cells. */
function useCellImages(
  { datasetName, colors, measuredAt }: GridChartProps,
  grid: GridCell["grid"],
  className?: string,
) {
  const [found, setFound] = useState<(ChosenCell & { className: string | undefined }) | null>(null);
  const chosen = found && found.className === className ? found : null;
  const images = chosen && (
    <CellImages
      datasetName={datasetName}
      of={{ grid, className, cell: chosen.cell }}
      chosen={chosen}
      measuredAt={measuredAt}
      colors={colors}
      onClose={() => setFound(null)}
    />
  );
  const onChoose = (cell: ChosenCell) => setFound({ ...cell, className });
  return { grid: { chosen: chosen?.cell ?? null, onChoose }, images };
}

const hasGrids = (each: ClassStatistics) => each.box_sizes != null && each.annotation_count > 0;
const hasConfidences = (each: ClassStatistics) => each.confidences.some((count) => count > 0);

export function BoxSizes(props: GridChartProps) {
  const { datasetName, statistics } = props;
  const { chosen, select } = useOneClass(statistics, hasGrids);
  const { grid, images } = useCellImages(props, "sizes", chosen?.name);
  const areas = chosen?.box_areas ?? statistics.box_areas;
  return (
    <Card>
      <CardTitle actions={select}>Size of the objects</CardTitle>
      <HeatGrid
        cells={chosen?.box_sizes ?? statistics.box_sizes}
        label="Objects by width and height"
        xAxis="Width, 0 to 100 % of the image's, small spread out"
        yAxis="Height"
        isUpward
        words={(x, y) => `with ${percent(x)} of the width and ${percent(y)} of the height`}
        {...grid}
      />
      {images}
      <h3 className="mt-4 mb-1 font-medium text-sm">As COCO counts them</h3>
      <BarList
        label="Objects by area"
        datasetName={datasetName}
        bars={[
          { key: "small", label: "Small", note: "below 32 × 32 pixels", value: areas.small },
          { key: "medium", label: "Medium", note: "below 96 × 96", value: areas.medium },
          { key: "large", label: "Large", note: "above", value: areas.large },
        ]}
      />
    </Card>
  );
}

export function PlaceMap(props: GridChartProps) {
  const { statistics } = props;
  const { chosen, select } = useOneClass(statistics, hasGrids);
  const { grid, images } = useCellImages(props, "centers", chosen?.name);
  return (
    <Card>
      <CardTitle actions={select}>Where objects are</CardTitle>
      <HeatGrid
        cells={chosen?.box_centers ?? statistics.box_centers}
        label="Centres of objects in the image"
        xAxis="Left to right"
        yAxis="Top to bottom"
        words={(x, y) => `at ${percent(x)} from the left and ${percent(y)} from the top`}
        {...grid}
      />
      {images}
    </Card>
  );
}

export function Confidences({ datasetName, statistics }: ChartProps) {
  const { chosen, select } = useOneClass(statistics, hasConfidences);
  const counts = useMemo(() => {
    if (chosen) return chosen.confidences;
    const length = statistics.classes[0]?.confidences.length ?? 0;
    return Array.from({ length }, (_, step) =>
      statistics.classes.reduce((sum, each) => sum + (each.confidences[step] ?? 0), 0),
    );
  }, [chosen, statistics.classes]);
  const total = counts.reduce((sum, each) => sum + each, 0);
  return (
    <Card>
      <CardTitle actions={select}>Confidence</CardTitle>
      {total === 0 ? (
        <p className="text-muted text-sm">
          No annotation is a machine's as it was made. People's annotations have no confidence to speak of.
        </p>
      ) : (
        <>
          <Histogram
            label="Annotations by confidence"
            datasetName={datasetName}
            unit={["annotation", "annotations"]}
            columns={counts.map((value, step) => {
              const low = step / counts.length;
              const high = (step + 1) / counts.length;
              return {
                key: String(step),
                tick: step % 4 === 0 ? low.toFixed(1) : "",
                label: `${low.toFixed(2)} to ${high.toFixed(2)}`,
                value,
                search: {
                  source: "machine",
                  class_name: chosen?.name,
                  min_confidence: round(low),
                  max_confidence: round(high),
                  sort: "least_confident" as const,
                },
              };
            })}
          />
          <p className="mt-2 text-muted text-xs">
            {plural(total, "annotation")} that a machine made and nobody touched. A column leads to images
            whose least confident one is there.
          </p>
        </>
      )}
    </Card>
  );
}

export function AnnotationsPerImage({ datasetName, statistics }: ChartProps) {
  const mean = statistics.image_count === 0 ? 0 : statistics.annotation_count / statistics.image_count;
  return (
    <Card>
      <CardTitle>Annotations per image</CardTitle>
      <Histogram
        label="Images by how many annotations they have"
        datasetName={datasetName}
        unit={["image", "images"]}
        columns={statistics.annotations_per_image.map(({ low, high, image_count: value }) => ({
          key: String(low),
          tick: high === null ? `${low}+` : high === low ? String(low) : `${low}–${high}`,
          label: high === null ? `${low} and more` : high === low ? `${low}` : `${low} to ${high}`,
          value,
          search: { min_annotations: low, max_annotations: high ?? undefined },
        }))}
      />
      <p className="mt-2 text-muted text-xs">
        {mean.toFixed(1)} on average;{" "}
        {plural(statistics.image_count - statistics.annotated_image_count, "image")} without any (
        {formatPercent(1 - statistics.annotated_image_count / Math.max(1, statistics.image_count))}).
      </p>
    </Card>
  );
}

export function ImageShapes({ datasetName, statistics }: ChartProps) {
  const ratios = statistics.aspect_ratios;
  const first = ratios.findIndex((each) => each.image_count > 0);
  const last = ratios.findLastIndex((each) => each.image_count > 0);
  const sizes: Bar[] = statistics.image_sizes.map((size) => ({
    key: `${size.width}x${size.height}`,
    label: `${size.width} × ${size.height}`,
    value: size.image_count,
    search: { size: `${size.width}x${size.height}` },
  }));
  if (statistics.other_sizes_image_count > 0) {
    sizes.push({ key: "other", label: "Other sizes", value: statistics.other_sizes_image_count });
  }
  return (
    <Card>
      <CardTitle>Size of the images</CardTitle>
      <BarList label="Images by size in pixels" datasetName={datasetName} bars={sizes} />
      <h3 className="mt-4 mb-1 font-medium text-sm">Width divided by height</h3>
      <Histogram
        label="Images by width divided by height"
        datasetName={datasetName}
        unit={["image", "images"]}
        columns={ratios.slice(Math.max(0, first - 1), last + 2).map(({ low, high, image_count: value }) => ({
          key: String(low),
          tick: low === null ? `<${high}` : `${low}`,
          label: low === null ? `below ${high}` : high === null ? `${low} and above` : `${low} to ${high}`,
          value,
          search: { min_aspect: low ?? undefined, max_aspect: high ?? undefined },
        }))}
      />
    </Card>
  );
}

const timesOf = (ratio: number) => (ratio < 10 ? ratio.toFixed(1) : formatCount(Math.round(ratio)));
const round = (value: number) => Math.round(value * 100) / 100;
