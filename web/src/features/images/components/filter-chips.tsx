/** What the list is narrowed to, each with a way to take it back. */

import { X } from "lucide-react";
import { sourceLabel } from "@/features/datasets/api";
import { Button } from "@/ui/button";
import { type GallerySearch, isNarrowed } from "../search";

interface FilterChipsProps {
  search: GallerySearch;
  onChange: (change: Partial<GallerySearch>) => void;
  onClear: () => void;
}

export function FilterChips({ search, onChange, onClear }: FilterChipsProps) {
  const chips = chipsOf(search);
  if (!isNarrowed(search) || chips.length === 0) return null;
  return (
    <ul className="flex flex-wrap items-center gap-1.5" aria-label="Filters">
      {chips.map((chip) => (
        <li
          key={chip.label}
          className="inline-flex h-7 max-w-80 items-center rounded-full bg-accent-soft pl-2.5 text-accent text-xs"
        >
          <span className="truncate">{chip.label}</span>
          <button
            type="button"
            aria-label={`Take away: ${chip.label}`}
            onClick={() => onChange(chip.without)}
            className="flex size-7 shrink-0 items-center justify-center rounded-full hover:bg-hover"
          >
            <X className="size-3.5" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <Button variant="ghost" size="sm" onClick={onClear}>
            Clear all
          </Button>
        </li>
      )}
    </ul>
  );
}

interface Chip {
  label: string;
  without: Partial<GallerySearch>;
}

function chipsOf(search: GallerySearch): Chip[] {
  const chips: Chip[] = [];
  const { min_confidence: low, max_confidence: high, min_annotations: least, max_annotations: most } = search;
  if (search.folder_path !== undefined) {
    const below = search.recursive === false ? "Only in" : "In";
    chips.push({
      label: `${below} ${search.folder_path}`,
      without: { folder_path: undefined, recursive: undefined },
    });
  }
  if (search.class_name !== undefined)
    chips.push({ label: `Class ${search.class_name}`, without: { class_name: undefined } });
  if (search.tag !== undefined) chips.push({ label: `Tag ${search.tag}`, without: { tag: undefined } });
  if (search.source !== undefined)
    chips.push({ label: `Made by ${sourceLabel(search.source)}`, without: { source: undefined } });
  if (search.text !== undefined)
    chips.push({ label: `Name has “${search.text}”`, without: { text: undefined } });
  if (low !== undefined || high !== undefined)
    chips.push({
      label: `Confidence ${(low ?? 0).toFixed(2)}–${(high ?? 1).toFixed(2)}`,
      without: { min_confidence: undefined, max_confidence: undefined },
    });
  if (search.annotated !== undefined)
    chips.push({
      label: search.annotated ? "With annotations" : "Without annotations",
      without: { annotated: undefined },
    });
  if (least !== undefined || most !== undefined)
    chips.push({
      label: rangeLabel(least, most),
      without: { min_annotations: undefined, max_annotations: undefined },
    });
  if (search.size !== undefined)
    chips.push({ label: `${search.size.replace("x", " × ")} pixels`, without: { size: undefined } });
  if (search.min_aspect !== undefined || search.max_aspect !== undefined)
    chips.push({
      label: aspectLabel(search.min_aspect, search.max_aspect),
      without: { min_aspect: undefined, max_aspect: undefined },
    });
  if (search.status === "in_progress")
    chips.push({ label: "In work or review", without: { status: undefined } });
  return chips;
}

function aspectLabel(low: number | undefined, high: number | undefined): string {
  if (high === undefined) return `Width at least ${low} × height`;
  if (low === undefined) return `Width below ${high} × height`;
  return `Width ${low} to ${high} × height`;
}

function rangeLabel(least: number | undefined, most: number | undefined): string {
  if (least === most) return `${least} annotations`;
  if (most === undefined) return `At least ${least} annotations`;
  if (least === undefined) return `At most ${most} annotations`;
  return `${least} to ${most} annotations`;
}
