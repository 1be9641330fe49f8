/** Over the gallery: folders, status, name search and filters; and order, drawing and size of what is shown. */

import { ArrowDownWideNarrow, ListFilter, PanelLeft, Search, Shapes } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { ClassCount, DatasetCounts } from "@/features/datasets/api";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Popover } from "@/ui/popover";
import { Slider } from "@/ui/slider";
import type { GallerySearch } from "../search";
import { FilterForm } from "./filter-form";
import { StatusPills } from "./status-pills";

interface GalleryToolsProps {
  search: GallerySearch;
  onChange: (change: Partial<GallerySearch>) => void;
  counts: DatasetCounts | undefined;
  classes: readonly ClassCount[];
  sources: readonly string[];
  hasFolders: boolean;
  isTreeShown: boolean;
  onToggleTree: () => void;
}

interface GalleryViewProps {
  sort: GallerySearch["sort"];
  onChange: (change: Partial<GallerySearch>) => void;
  isDrawn: boolean;
  onToggleDrawn: () => void;
  size: number;
  onSize: (size: number) => void;
}

const SORTS = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
  { value: "name", label: "By name" },
  { value: "least_confident", label: "Least confident first" },
];
export const SMALLEST = 96;
export const LARGEST = 420;
const TYPING_MS = 300;

export function GalleryTools(props: GalleryToolsProps) {
  const { search, onChange, counts, classes, sources } = props;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {props.hasFolders && (
        <IconButton label="Folders" isPressed={props.isTreeShown} onClick={props.onToggleTree}>
          <PanelLeft />
        </IconButton>
      )}
      <StatusPills counts={counts} status={search.status} onChange={(status) => onChange({ status })} />
      {/* Where they have no room beside the statuses they go to the next line together. */}
      <div className="flex min-w-56 max-w-86 flex-1 gap-2">
        <NameSearch text={search.text} onChange={(text) => onChange({ text })} />
        <Popover
          trigger={
            <Button className="shrink-0">
              <ListFilter className="size-4" /> Filter
            </Button>
          }
        >
          <FilterForm search={search} classes={classes} sources={sources} onChange={onChange} />
        </Popover>
      </div>
    </div>
  );
}

/** Order, drawing and size of what is shown. */
export function GalleryView({ sort, onChange, isDrawn, onToggleDrawn, size, onSize }: GalleryViewProps) {
  return (
    <div className="ml-auto flex items-center gap-2">
      <div className="flex w-48 items-center gap-1.5">
        <ArrowDownWideNarrow aria-hidden="true" className="size-4 shrink-0 text-muted" />
        <Select
          aria-label="Order"
          value={sort ?? "newest"}
          onChange={(value) =>
            onChange({ sort: value === "newest" ? undefined : (value as GallerySearch["sort"]) })
          }
          options={SORTS}
        />
      </div>
      <IconButton label="Draw annotations" isPressed={isDrawn} onClick={onToggleDrawn}>
        <Shapes />
      </IconButton>
      <div className="w-24">
        <Slider
          label="Size of the thumbnails"
          min={SMALLEST}
          max={LARGEST}
          step={4}
          value={[size]}
          onChange={([value = size]) => onSize(value)}
        />
      </div>
    </div>
  );
}

function NameSearch({
  text,
  onChange,
}: {
  text: string | undefined;
  onChange: (text: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(text ?? "");
  const sent = useRef(text ?? "");
  const latest = useRef(onChange);
  latest.current = onChange;
  // The address changed by other means, such as a chip that was taken away.
  useEffect(() => {
    if ((text ?? "") !== sent.current) {
      sent.current = text ?? "";
      setTyped(text ?? "");
    }
  }, [text]);
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = window.setTimeout(() => {
      sent.current = typed;
      latest.current(typed.trim() || undefined);
    }, TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return (
    <div className="relative min-w-0 flex-1">
      <Search aria-hidden="true" className="absolute top-2 left-2 size-4 text-faint" />
      <input
        type="search"
        aria-label="Search by file name"
        placeholder="Search by name"
        value={typed}
        maxLength={400}
        onChange={(event) => setTyped(event.target.value)}
        className="h-8.5 w-full rounded-md border border-line-strong bg-surface pr-2 pl-8 text-sm placeholder:text-faint hover:border-muted"
      />
    </div>
  );
}
