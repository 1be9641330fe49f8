/** Which jobs are listed: kind, state, dataset, whose. The address holds it. */

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { datasetsQuery } from "@/features/datasets/api";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import type { JobsSearch } from "../search";
import { KINDS } from "../words";

interface JobFiltersProps {
  filter: JobsSearch;
  onChange: (filter: JobsSearch) => void;
}

export function JobFilters({ filter, onChange }: JobFiltersProps) {
  const datasets = useQuery(datasetsQuery);
  const names = datasets.data?.map((each) => each.name) ?? [];
  const known = filter.dataset && !names.includes(filter.dataset) ? [filter.dataset, ...names] : names;
  const isFiltered = Boolean(filter.kind || filter.state || filter.dataset || filter.mine);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Segmented
        label="Whose jobs"
        value={filter.mine ? "mine" : "all"}
        onChange={(value) => onChange({ ...filter, mine: value === "mine" || undefined })}
        options={[
          { value: "all", label: "Everybody's" },
          { value: "mine", label: "Mine" },
        ]}
      />
      <Select
        aria-label="State"
        className="!w-36 lg:!w-40"
        value={filter.state ?? ""}
        onChange={(value) => onChange({ ...filter, state: (value || undefined) as JobsSearch["state"] })}
        options={[
          { value: "", label: "Any state" },
          { value: "live", label: "Waiting or running" },
          { value: "queued", label: "Waiting" },
          { value: "running", label: "Running" },
          { value: "completed", label: "Completed" },
          { value: "failed", label: "Failed" },
          { value: "cancelled", label: "Cancelled" },
        ]}
      />
      <Select
        aria-label="Kind"
        className="!w-44 lg:!w-52"
        value={filter.kind ?? ""}
        onChange={(value) => onChange({ ...filter, kind: value || undefined })}
        options={[
          { value: "", label: "Any kind" },
          ...KINDS.map(({ kind, label }) => ({ value: kind, label })),
        ]}
      />
      <Select
        aria-label="Dataset"
        className="!w-44 lg:!w-52"
        value={filter.dataset ?? ""}
        onChange={(value) => onChange({ ...filter, dataset: value || undefined })}
        options={[
          { value: "", label: "Any dataset" },
          ...known.map((name) => ({ value: name, label: name })),
        ]}
      />
      {isFiltered && (
        <Button variant="ghost" onClick={() => onChange({})}>
          <X aria-hidden="true" className="size-4" />
          Clear
        </Button>
      )}
    </div>
  );
}
