/** The images behind a cell of a grid, with what is drawn on them; each opens in the editor. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useMemo } from "react";
import { AnnotatedThumbnail } from "@/canvas/annotated-thumbnail";
import { annotationsQuery, thumbnailAddress } from "@/features/images/api";
import type { ClassColors } from "@/lib/class-colors";
import { formatCount, plural } from "@/lib/format";
import { IconButton } from "@/ui/icon-button";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { cellQuery, type GridCell } from "../api";
import type { ChosenCell } from "./charts/heat-grid";

interface CellImagesProps {
  datasetName: string;
  of: GridCell;
  chosen: ChosenCell;
  measuredAt: string | null;
  colors: ClassColors;
  onClose: () => void;
}

const GRID = "grid grid-cols-4 gap-1.5 sm:grid-cols-6";

export function CellImages({ datasetName, of, chosen, measuredAt, colors, onClose }: CellImagesProps) {
  const found = useQuery(cellQuery(datasetName, of, measuredAt));
  const ids = useMemo(() => found.data?.images.map((image) => image.id) ?? [], [found.data]);
  const drawn = useQuery(annotationsQuery(datasetName, ids));
  const title = `${formatCount(chosen.count)} ${chosen.words}`;
  return (
    <section aria-label={`Images: ${title}`} className="mt-2 flex flex-col gap-1.5 border-line border-t pt-2">
      <div className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h3 className="font-medium text-sm">{title}</h3>
          <p className="min-h-4 text-muted text-xs" aria-live="polite">
            {found.data && howMany(found.data.images.length, chosen.count, found.data.is_whole)}
          </p>
        </div>
        <IconButton label="Close the images" onClick={onClose}>
          <X />
        </IconButton>
      </div>
      {found.isPending ? (
        <div className={GRID}>
          {Array.from({ length: Math.min(24, chosen.count) }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
            <Skeleton key={index} className="aspect-square w-full" />
          ))}
        </div>
      ) : found.error ? (
        <ProblemNote problem={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <ul className={GRID}>
          {found.data.images.map((image) => (
            <li key={image.id}>
              <Link
                to="/datasets/$name/images/$imageId"
                params={{ name: datasetName, imageId: image.id }}
                search={{ class_name: of.className }}
                preload={false}
                title={image.filename}
                className="block overflow-hidden rounded-md"
              >
                <AnnotatedThumbnail
                  src={thumbnailAddress(image.id)}
                  alt={image.filename}
                  width={image.width}
                  height={image.height}
                  annotations={drawn.data?.[image.id]}
                  colors={colors}
                  fit="contain"
                  className="aspect-square w-full bg-sunken"
                />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Say how many of the images these are: what is counted in a cell are objects, and an image may have several there. */
export function howMany(shown: number, objects: number, isWhole: boolean): string {
  if (shown === 0) return "The images are no longer here. Measure again to see those that are.";
  // An image has one of the objects at least.
  if (isWhole || shown >= objects) return `On ${plural(shown, "image")}.`;
  return `The first ${plural(shown, "image")} of those with ${formatCount(objects)} objects here.`;
}
