/** Which runs are listed: dataset, pipeline, status. The address holds it. */

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { pipelineLabel } from "@/lib/pipelines";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { datasetChoiceQuery, type PipelineName, type RunStatus } from "../api";
import { PIPELINE_NAMES, type TrainingListSearch } from "../search";

interface RunFiltersProps {
  filter: TrainingListSearch;
  onChange: (filter: TrainingListSearch) => void;
}

export function RunFilters({ filter, onChange }: RunFiltersProps) {
  const datasets = useQuery(datasetChoiceQuery);
  const names = datasets.data?.map((each) => each.name) ?? [];
  const known = filter.dataset && !names.includes(filter.dataset) ? [filter.dataset, ...names] : names;
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Select
        aria-label="Dataset"
        className="!w-52"
        value={filter.dataset ?? ""}
        onChange={(value) => onChange({ ...filter, dataset: value || undefined })}
        options={[
          { value: "", label: "Any dataset" },
          ...known.map((name) => ({ value: name, label: name })),
        ]}
      />
      <Select
        aria-label="Pipeline"
        className="!w-48"
        value={filter.pipeline ?? ""}
        onChange={(value) =>
          onChange({ ...filter, pipeline: (value || undefined) as PipelineName | undefined })
        }
        options={[
          { value: "", label: "Any pipeline" },
          ...PIPELINE_NAMES.map((name) => ({ value: name, label: pipelineLabel(name) })),
        ]}
      />
      <Select
        aria-label="Status"
        className="!w-40"
        value={filter.status ?? ""}
        onChange={(value) => onChange({ ...filter, status: (value || undefined) as RunStatus | undefined })}
        options={[
          { value: "", label: "Any status" },
          { value: "queued", label: "Waiting" },
          { value: "running", label: "Training" },
          { value: "completed", label: "Completed" },
          { value: "failed", label: "Failed" },
          { value: "cancelled", label: "Cancelled" },
        ]}
      />
      {(filter.dataset || filter.pipeline || filter.status) && (
        <Button variant="ghost" onClick={() => onChange({})}>
          <X aria-hidden="true" className="size-4" />
          Clear
        </Button>
      )}
    </div>
  );
}
