/** Which images, in which order, whose: the address holds it. */

import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { datasetQuery } from "@/features/datasets/api";
import { membersQuery } from "@/features/organizations/api";
import { formatPercent } from "@/lib/format";
import { Button } from "@/ui/button";
import { Select, SelectField } from "@/ui/field";
import { Popover } from "@/ui/popover";
import { Slider } from "@/ui/slider";
import { isNarrowed, type ReviewSearch } from "../search";

interface QueueFiltersProps {
  name: string;
  search: ReviewSearch;
  me: string;
  onChange: (search: ReviewSearch) => void;
}

export function QueueFilters({ name, search, me, onChange }: QueueFiltersProps) {
  return (
    <div className="flex items-center gap-2">
      <Select
        aria-label="Order of the queue"
        className="!w-52"
        value={search.order ?? "least_confident"}
        onChange={(order) => onChange({ ...search, order: order as ReviewSearch["order"] })}
        options={[
          { value: "least_confident", label: "Least confident first" },
          { value: "disagreement", label: "Most disagreement first" },
          { value: "oldest", label: "Oldest first" },
        ]}
      />
      <Popover
        align="end"
        className="flex w-72 flex-col gap-3"
        trigger={
          <Button aria-label={isNarrowed(search) ? "Filter, some are set" : "Filter"}>
            <SlidersHorizontal aria-hidden="true" className="size-4" />
            <span className="max-lg:hidden">Filter</span>
            {isNarrowed(search) && <span aria-hidden="true" className="size-1.5 rounded-full bg-accent" />}
          </Button>
        }
      >
        <Whose search={search} me={me} onChange={onChange} />
        <ClassChoice name={name} search={search} onChange={onChange} />
        <Confidence search={search} onChange={onChange} />
        {isNarrowed(search) && (
          <Button size="sm" onClick={() => onChange({ order: search.order })}>
            Show all that wait
          </Button>
        )}
      </Popover>
    </div>
  );
}

type PartProps = Pick<QueueFiltersProps, "search" | "onChange">;

function Whose({ search, me, onChange }: PartProps & { me: string }) {
  const members = useQuery(membersQuery);
  const others = members.data?.filter((each) => each.user_id !== me) ?? [];
  function change(value: string) {
    const { assignee: _assignee, scope: _scope, ...rest } = search;
    if (value.startsWith("of:")) onChange({ ...rest, assignee: value.slice(3) });
    else onChange({ ...rest, scope: value as ReviewSearch["scope"] });
  }
  return (
    <SelectField
      label="Whose images"
      value={search.assignee ? `of:${search.assignee}` : (search.scope ?? "open")}
      onChange={change}
      options={[
        { value: "open", label: "Mine, and nobody's" },
        { value: "mine", label: "Only what is given to me" },
        { value: "all", label: "Everybody's" },
        ...others.map((each) => ({
          value: `of:${each.user_id}`,
          label: `Given to ${each.full_name ?? each.email ?? each.user_id}`,
        })),
      ]}
    />
  );
}

function ClassChoice({ name, search, onChange }: PartProps & { name: string }) {
  const dataset = useQuery(datasetQuery(name));
  const names = dataset.data?.classes?.map((each) => each.name) ?? [];
  const known =
    search.class_name && !names.includes(search.class_name) ? [search.class_name, ...names] : names;
  return (
    <SelectField
      label="Class"
      value={search.class_name ?? ""}
      onChange={(value) => onChange({ ...search, class_name: value || undefined })}
      options={[{ value: "", label: "Any class" }, ...known.map((each) => ({ value: each, label: each }))]}
    />
  );
}

function Confidence({ search, onChange }: PartProps) {
  const range = [search.min_confidence ?? 0, search.max_confidence ?? 1];
  return (
    <div className="flex flex-col gap-1 text-sm">
      <span className="flex justify-between">
        <span className="font-medium">Least sure annotation</span>
        <span className="text-muted tabular-nums">
          {formatPercent(range[0] ?? 0)} to {formatPercent(range[1] ?? 1)}
        </span>
      </span>
      <Slider
        label="Confidence of the least sure annotation"
        value={range}
        onChange={([low = 0, high = 1]) =>
          onChange({
            ...search,
            min_confidence: low > 0 ? low : undefined,
            max_confidence: high < 1 ? high : undefined,
          })
        }
      />
    </div>
  );
}
