/** What the list can be narrowed to beyond status, folder and name. */

import { type ClassCount, sourceLabel } from "@/features/datasets/api";
import { formatCount } from "@/lib/format";
import { SelectField, TextField } from "@/ui/field";
import { Slider } from "@/ui/slider";
import type { GallerySearch } from "../search";

interface FilterFormProps {
  search: GallerySearch;
  classes: readonly ClassCount[];
  /** Makers that are known to have annotated images here. */
  sources: readonly string[];
  onChange: (change: Partial<GallerySearch>) => void;
}

export function FilterForm({ search, classes, sources, onChange }: FilterFormProps) {
  const low = search.min_confidence ?? 0;
  const high = search.max_confidence ?? 1;
  const withTags = classes.filter((each) => each.tagged_image_count > 0);
  return (
    <div className="flex w-72 flex-col gap-3">
      <SelectField
        label="Class"
        value={search.class_name ?? ""}
        onChange={(value) => onChange({ class_name: value || undefined })}
        options={[
          { value: "", label: "Any" },
          ...classes.map((each) => ({
            value: each.name,
            label: `${each.name} (${formatCount(Math.max(each.image_count, each.tagged_image_count))})`,
          })),
        ]}
      />
      <SelectField
        label="Made by"
        value={search.source ?? ""}
        onChange={(value) => onChange({ source: value || undefined })}
        options={[
          { value: "", label: "Anybody" },
          { value: "people", label: "People" },
          { value: "machine", label: "Any machine" },
          ...sources
            .filter((source) => source !== "people")
            .map((source) => ({ value: source, label: sourceLabel(source) })),
        ]}
      />
      {withTags.length > 0 && (
        <SelectField
          label="Tag"
          value={search.tag ?? ""}
          onChange={(value) => onChange({ tag: value || undefined })}
          options={[
            { value: "", label: "Any" },
            ...withTags.map((each) => ({
              value: each.name,
              label: `${each.name} (${formatCount(each.tagged_image_count)})`,
            })),
          ]}
        />
      )}
      <div>
        <div className="flex justify-between font-medium text-sm">
          <span>Least confidence</span>
          <span className="text-muted tabular-nums">
            {low.toFixed(2)} – {high.toFixed(2)}
          </span>
        </div>
        <Slider
          label="Least confidence"
          value={[low, high]}
          step={0.05}
          onChange={([from = 0, to = 1]) =>
            onChange({
              min_confidence: from > 0 ? from : undefined,
              max_confidence: to < 1 ? to : undefined,
            })
          }
        />
      </div>
      <SelectField
        label="Annotations"
        value={search.annotated === undefined ? "" : String(search.annotated)}
        onChange={(value) => onChange({ annotated: value === "" ? undefined : value === "true" })}
        options={[
          { value: "", label: "With or without" },
          { value: "true", label: "With annotations" },
          { value: "false", label: "Without annotations" },
        ]}
      />
      <div className="grid grid-cols-2 gap-2">
        <NumberField
          label="At least"
          value={search.min_annotations}
          onChange={(value) => onChange({ min_annotations: value })}
        />
        <NumberField
          label="At most"
          value={search.max_annotations}
          onChange={(value) => onChange({ max_annotations: value })}
        />
      </div>
    </div>
  );
}

interface NumberFieldProps {
  label: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}

function NumberField({ label, value, onChange }: NumberFieldProps) {
  return (
    <TextField
      label={`${label} … annotations`}
      type="number"
      min={0}
      value={value ?? ""}
      onChange={(event) =>
        onChange(event.target.value === "" ? undefined : Math.max(0, Math.trunc(Number(event.target.value))))
      }
    />
  );
}
