/** Which images to learn from: of a dataset by status, a version of it, or an export that is there. */

import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { formatCount, formatDate, plural } from "@/lib/format";
import { SelectField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { Segmented } from "@/ui/segmented";
import {
  datasetChoiceQuery,
  datasetCountsQuery,
  trainableExportsQuery,
  versionsForTrainingQuery,
} from "../api";
import { type ChosenImages, STATUS_FILTERS, warningsOf } from "../images-choice";
import type { ImageSource } from "../search";

interface ImagesCardProps {
  dataset: string;
  source: ImageSource;
  images: string;
  chosen: ChosenImages;
  /** Whether the pipeline learns from tags of whole images. */
  isTagged: boolean;
  onDataset: (name: string) => void;
  onSource: (source: ImageSource) => void;
  onImages: (images: string) => void;
}

export function ImagesCard(props: ImagesCardProps) {
  const { dataset, source, images, chosen, isTagged, onDataset, onSource, onImages } = props;
  const datasets = useQuery(datasetChoiceQuery);
  const names = datasets.data?.map((each) => each.name) ?? [];
  const listed = dataset && !names.includes(dataset) ? [dataset, ...names] : names;
  return (
    <Card>
      <CardTitle>1. What to learn from</CardTitle>
      <div className="grid gap-4 md:grid-cols-2">
        <SelectField
          label="Dataset"
          value={dataset}
          onChange={onDataset}
          disabled={datasets.isPending}
          hint={datasets.data?.length === 0 ? "There is none yet: make one under Datasets." : undefined}
          options={[
            { value: "", label: datasets.isPending ? "…" : "Choose a dataset" },
            ...listed.map((name) => ({ value: name, label: name })),
          ]}
        />
        <div className="flex flex-col items-start gap-1">
          <span className="font-medium text-sm">Images</span>
          <Segmented
            label="Which images"
            value={source}
            onChange={onSource}
            options={[
              { value: "status", label: "By status" },
              { value: "version", label: "A version" },
              { value: "export", label: "An export" },
            ]}
          />
        </div>
        {dataset && <ImagesSelect dataset={dataset} source={source} value={images} onChange={onImages} />}
        {dataset && chosen.count !== null && (
          <p className="self-center text-sm" aria-live="polite">
            <span className="font-medium">{plural(chosen.count, "image")}</span>
            <span className="text-muted">
              {source === "status" ? ", frozen as an export when the run starts" : ""}
            </span>
          </p>
        )}
      </div>
      {dataset && (
        <>
          <ClassBars chosen={chosen} isTagged={isTagged} />
          <Warnings warnings={warningsOf(chosen, isTagged)} />
        </>
      )}
    </Card>
  );
}

interface ImagesSelectProps {
  dataset: string;
  source: ImageSource;
  value: string;
  onChange: (value: string) => void;
}

function ImagesSelect({ dataset, source, value, onChange }: ImagesSelectProps) {
  const counts = useQuery(datasetCountsQuery(dataset));
  const exports = useQuery({ ...trainableExportsQuery(dataset), enabled: source === "export" });
  const versions = useQuery({ ...versionsForTrainingQuery(dataset), enabled: source === "version" });
  if (source === "status") {
    return (
      <SelectField
        label="Status"
        value={value}
        onChange={onChange}
        hint={
          counts.data
            ? `${formatCount(counts.data.status.complete)} of ${formatCount(counts.data.image_count)} are complete`
            : " "
        }
        options={STATUS_FILTERS}
      />
    );
  }
  if (source === "export") {
    const found = exports.data ?? [];
    return (
      <SelectField
        label="Export"
        value={value}
        onChange={onChange}
        hint="Those in our own format that hold images, and have not expired"
        options={[
          { value: "", label: exports.isPending ? "…" : found.length ? "Choose an export" : "There is none" },
          ...found.map((each) => ({
            value: each.name,
            label: `${each.name} (${plural(each.image_count ?? 0, "image")}, ${formatDate(each.created_at)})`,
          })),
        ]}
      />
    );
  }
  const found = versions.data ?? [];
  return (
    <SelectField
      label="Version"
      value={value}
      onChange={onChange}
      hint="Frozen: the same images and annotations every time"
      options={[
        { value: "", label: versions.isPending ? "…" : found.length ? "Choose a version" : "There is none" },
        ...found.map((each) => ({
          value: String(each.number),
          label: `${each.number}${each.name ? ` ${each.name}` : ""} (${plural(each.image_count, "image")}, ${formatDate(each.created_at)})`,
        })),
      ]}
    />
  );
}

/** More classes than these say less. */
const MOST_BARS = 12;

function ClassBars({ chosen, isTagged }: { chosen: ChosenImages; isTagged: boolean }) {
  const classes = (chosen.classes ?? []).toSorted((a, b) => b.examples - a.examples);
  const most = Math.max(1, ...classes.map((each) => each.examples));
  if (classes.length === 0) return null;
  return (
    <div className="mt-4">
      <h3 className="mb-1.5 text-muted text-xs">
        {isTagged ? "Tagged images" : "Annotations"} of each class
        {chosen.isOfWholeDataset ? ", in the whole dataset" : ""}
      </h3>
      <ul className="grid gap-x-6 gap-y-1 text-sm md:grid-cols-2">
        {classes.slice(0, MOST_BARS).map((each) => (
          <li key={each.name} className="grid grid-cols-[minmax(0,9rem)_1fr_5.5rem] items-center gap-2">
            <span className="truncate" title={each.name}>
              {each.name}
            </span>
            <span className="h-1.5 overflow-hidden rounded-full bg-sunken">
              <span
                className="block h-full bg-accent"
                style={{ width: `${(each.examples / most) * 100}%` }}
              />
            </span>
            <span className="text-right text-muted text-xs tabular-nums">
              {formatCount(each.examples)}
              {isTagged ? "" : ` on ${formatCount(each.images)}`}
            </span>
          </li>
        ))}
      </ul>
      {classes.length > MOST_BARS && (
        <p className="mt-1 text-muted text-xs">and {classes.length - MOST_BARS} more classes</p>
      )}
    </div>
  );
}

function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul className="mt-3 flex flex-col gap-1 rounded-md bg-warn-soft px-3 py-2 text-sm">
      {warnings.map((warning) => (
        <li key={warning} className="flex gap-2">
          <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />
          {warning}
        </li>
      ))}
    </ul>
  );
}
