/** One image of the gallery: its thumbnail with what is drawn on it, its name and how it stands. Cheap: there are many. */

import { memo, type ReactNode } from "react";
import { AnnotatedThumbnail } from "@/canvas/annotated-thumbnail";
import type { Shape } from "@/canvas/scene";
import type { ClassColors } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import { type DatasetImage, type ImageStatus, thumbnailOf } from "../api";

export const STATUS_LABELS: Record<ImageStatus, string> = {
  new: "New",
  annotate: "In work",
  review: "Review",
  complete: "Complete",
};
// Made once and of few elements: a row of cells is mounted in a few milliseconds.
const STATUS_MARKS: Record<ImageStatus, ReactNode> = {
  new: mark("text-faint", <circle cx="8" cy="8" r="5.5" strokeDasharray="2.6 1.9" />),
  annotate: mark("text-info", <path d="M8 2.5a5.5 5.5 0 1 1-.1 0M8 5v3h2.6" />),
  review: mark("text-warn", <path d="M1.5 8Q8-.5 14.5 8 8 16.5 1.5 8M8 6.2a1.8 1.8 0 1 1-.1 0" />),
  complete: mark("text-ok", <path d="M8 2.5a5.5 5.5 0 1 1-.1 0M5.4 8.2l1.9 1.9 3.4-3.9" />),
};
const CHECK = mark("size-4", <path d="M3 8.5l3.4 3.4L13 4.6" />);

function mark(className: string, shape: ReactNode): ReactNode {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      className={`size-3.5 shrink-0 fill-none stroke-[1.4] stroke-current ${className}`}
    >
      {shape}
    </svg>
  );
}

interface ImageCellProps {
  image: DatasetImage;
  index: number;
  /** For the arrow keys of a grid: its columns count from 1. */
  column: number;
  /** Where it opens; null where it cannot be opened, as in the trash. */
  address: string | null;
  shapes: readonly Shape[] | undefined;
  colors: ClassColors;
  isSelected: boolean;
  isFocused: boolean;
}

export const ImageCell = memo(function ImageCell(props: ImageCellProps) {
  const { image, index, column, address, shapes, colors, isSelected, isFocused } = props;
  const name = image.display_name || image.filename;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table row cannot be virtual
    <div
      role="gridcell"
      data-index={index}
      aria-colindex={column}
      aria-selected={isSelected}
      tabIndex={isFocused ? 0 : -1}
      className={cx(
        "group relative min-w-0 rounded-md outline-offset-1",
        isSelected && "outline-2 outline-accent outline-solid",
      )}
    >
      <div className="relative">
        <AnnotatedThumbnail
          src={thumbnailOf(image)}
          alt=""
          width={image.width}
          height={image.height}
          annotations={shapes}
          colors={colors}
          fit="contain"
          loading="eager"
          className="aspect-4/3 w-full rounded-md bg-sunken"
        />
        <span
          data-select=""
          aria-hidden="true"
          className={cx(
            "absolute top-1.5 left-1.5 flex size-6 items-center justify-center rounded border",
            isSelected
              ? "border-accent bg-accent text-on-accent"
              : "border-line-strong bg-surface/85 text-transparent opacity-0 hover:text-muted [@media(hover:none)]:opacity-100 group-hover:opacity-100 group-focus-visible:opacity-100",
          )}
        >
          {CHECK}
        </span>
      </div>
      <div className="flex h-6.5 items-center gap-1 px-0.5 text-xs">
        {STATUS_MARKS[image.status]}
        {address === null ? (
          <span className="min-w-0 grow truncate text-muted">{name}</span>
        ) : (
          // Not the router's link, of which each watches the address: clicks are the grid's.
          <a
            href={address}
            tabIndex={-1}
            draggable={false}
            title={image.virtual_folder_path === "/" ? name : `${image.virtual_folder_path}/${name}`}
            className="min-w-0 grow truncate text-muted hover:text-text hover:underline"
          >
            {name}
          </a>
        )}
        {/* The cell is called by what is in it. */}
        <span className="sr-only">, {STATUS_LABELS[image.status]}, </span>
        {image.annotation_count > 0 && (
          <span className="shrink-0 text-faint tabular-nums">
            {image.annotation_count}
            <span className="sr-only"> {image.annotation_count === 1 ? "annotation" : "annotations"}</span>
          </span>
        )}
      </div>
    </div>
  );
});

/** Stands where an image will be, in its size. */
export function PendingCell({ column }: { column: number }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table row cannot be virtual
    // biome-ignore lint/a11y/useFocusableInteractive: there is nothing in it yet
    <div role="gridcell" aria-colindex={column} aria-busy="true">
      <div className="aspect-4/3 w-full rounded-md bg-sunken" />
      <div className="h-6.5" />
    </div>
  );
}
