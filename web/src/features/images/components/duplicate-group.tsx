/** Images that are near copies of each other: one is kept, the others go to the trash. */

import { Link } from "@tanstack/react-router";
import { AnnotatedThumbnail } from "@/canvas/annotated-thumbnail";
import type { Shape } from "@/canvas/scene";
import type { ClassColors } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import { formatBytes, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { type DatasetImage, thumbnailOf } from "../api";
import { STATUS_LABELS } from "./image-cell";

export interface DuplicateGroupProps {
  datasetName: string;
  images: readonly DatasetImage[];
  isExact: boolean;
  kept: string;
  shapesOf: (imageId: string) => readonly Shape[] | undefined;
  colors: ClassColors;
  mayChange: boolean;
  isBusy: boolean;
  onKeep: (imageId: string) => void;
  onArchive: () => void;
}

export function DuplicateGroup(props: DuplicateGroupProps) {
  const { datasetName, images, isExact, kept, shapesOf, colors, mayChange, isBusy, onKeep, onArchive } =
    props;
  const first = images[0];
  return (
    <section
      aria-label={`Copies of ${first?.filename ?? ""}`}
      className="rounded-lg border border-line bg-surface p-3"
    >
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <h3 className="font-medium text-sm">{plural(images.length, "image")}</h3>
        <Badge tone={isExact ? "info" : "neutral"}>{isExact ? "The same bytes" : "Look alike"}</Badge>
        {mayChange && (
          <Button size="sm" className="ml-auto" isBusy={isBusy} onClick={onArchive}>
            Keep one, {plural(images.length - 1, "other")} to the trash
          </Button>
        )}
      </div>
      <ul className="-mx-1 flex gap-3 overflow-x-auto p-1">
        {images.map((image) => (
          <li key={image.id} className="w-44 shrink-0">
            <label
              className={cx(
                "block rounded-md outline-offset-2",
                image.id === kept && "outline-2 outline-accent outline-solid",
              )}
            >
              <AnnotatedThumbnail
                src={thumbnailOf(image)}
                alt=""
                width={image.width}
                height={image.height}
                annotations={shapesOf(image.id)}
                colors={colors}
                fit="contain"
                className="aspect-4/3 w-full rounded-md bg-sunken"
              />
              <span className="mt-1 flex min-h-6 items-center gap-1.5 text-sm">
                <input
                  type="radio"
                  name={`keep-${first?.id ?? ""}`}
                  checked={image.id === kept}
                  disabled={!mayChange}
                  onChange={() => onKeep(image.id)}
                  className="size-4 accent-accent"
                />
                {image.id === kept ? "Keep" : "To the trash"}
                <span className="sr-only">: {image.filename}</span>
              </span>
            </label>
            <Link
              to="/datasets/$name/images/$imageId"
              params={{ name: datasetName, imageId: image.id }}
              preload={false}
              title={`${image.virtual_folder_path}/${image.filename}`}
              className="mt-1.5 block truncate text-muted text-xs hover:text-text hover:underline"
            >
              {image.filename}
            </Link>
            <p className="text-muted text-xs">
              {STATUS_LABELS[image.status]}, {plural(image.annotation_count, "annotation")}
            </p>
            <p className="text-muted text-xs tabular-nums">
              {image.width} × {image.height}, {formatBytes(image.file_size)}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Return the image that is kept unless a person says otherwise: the most done, the most annotated, the largest. */
export function bestOf(images: readonly DatasetImage[]): DatasetImage | undefined {
  const order = ["new", "annotate", "review", "complete"];
  return images.toSorted(
    (a, b) =>
      order.indexOf(b.status) - order.indexOf(a.status) ||
      b.annotation_count - a.annotation_count ||
      (b.width ?? 0) * (b.height ?? 0) - (a.width ?? 0) * (a.height ?? 0) ||
      a.created_at.localeCompare(b.created_at),
  )[0];
}
