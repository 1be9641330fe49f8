/** What stands in the gallery's place: while it loads, when nothing matches, when there is nothing yet. */

import { Link } from "@tanstack/react-router";
import { ImageOff, Images } from "lucide-react";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Skeleton } from "@/ui/skeleton";
import { gridGeometry } from "./grid-geometry";

/** Before it is known whether there are folders: the rows of tools, in their size, and the grid. */
export function PendingGallery({ cellWidth }: { cellWidth: number }) {
  return (
    <div className="flex h-full min-h-0 flex-col overflow-hidden">
      <div className="flex flex-col gap-2 px-6 pt-3 pb-2">
        <Skeleton className="h-9.5 w-full max-w-2xl" />
        <div className="min-h-8.5" />
      </div>
      <PendingGrid cellWidth={cellWidth} />
    </div>
  );
}

export function PendingGrid({ cellWidth }: { cellWidth: number }) {
  const { columns } = gridGeometry(1200, cellWidth, 0);
  return (
    <div
      role="status"
      aria-label="Loading images"
      className="grid gap-2.5 px-6 pt-1"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
    >
      {Array.from({ length: columns * 4 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={index} className="pb-6.5">
          <div className="aspect-4/3 w-full animate-pulse rounded-md bg-sunken" />
        </div>
      ))}
    </div>
  );
}

export function NothingMatches({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState
      icon={<ImageOff />}
      title="No image matches"
      action={<Button onClick={onClear}>Show all images</Button>}
    >
      None of the dataset's images fulfils all of the filters. Take one of them away, or start again.
    </EmptyState>
  );
}

export function NoImages({ datasetName }: { datasetName: string }) {
  return (
    <EmptyState
      icon={<Images />}
      title="No images yet"
      action={
        <Link to="/pipelines/new" search={{ dataset: datasetName }} className={buttonClass()}>
          Start a pipeline
        </Link>
      }
    >
      Drop a folder, an archive or images anywhere on this page, or press Upload. Sub-folders become folders
      of the dataset; images that are here already are not sent twice. A pipeline goes on from there: it
      labels the images and trains a model.
    </EmptyState>
  );
}
