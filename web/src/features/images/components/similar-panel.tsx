/** Images that look like one, beside the gallery. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { formatPercent } from "@/lib/format";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { similarQuery, thumbnailAddress } from "../api";

interface SimilarPanelProps {
  datasetName: string;
  imageId: string;
  onSelect: (ids: string[]) => void;
  onClose: () => void;
}

export function SimilarPanel({ datasetName, imageId, onSelect, onClose }: SimilarPanelProps) {
  const found = useQuery(similarQuery(imageId));
  return (
    <aside
      aria-label="Similar images"
      className="flex w-72 shrink-0 flex-col border-line border-l bg-surface"
    >
      <div className="flex items-center justify-between gap-2 px-3 pt-3">
        <h2 className="font-semibold text-base">Similar images</h2>
        <IconButton label="Close" onClick={onClose}>
          <X />
        </IconButton>
      </div>
      <div className="flex items-center gap-3 px-3 pb-3">
        <img src={thumbnailAddress(imageId)} alt="" className="h-14 rounded bg-sunken object-contain" />
        <p className="text-muted text-xs">
          By colours, edges and layout, of the whole dataset. The most alike come first.
        </p>
      </div>
      <div className="min-h-0 grow overflow-y-auto px-3 pb-3">
        {found.isPending ? (
          <div className="grid grid-cols-2 gap-2">
            {Array.from({ length: 8 }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
              <Skeleton key={index} className="aspect-4/3 w-full" />
            ))}
          </div>
        ) : found.error ? (
          <ProblemNote problem={found.error} onRetry={() => void found.refetch()} />
        ) : found.data.length === 0 ? (
          <p className="text-muted text-sm">
            No image of this dataset looks like it. New images can be compared once their thumbnails are made.
          </p>
        ) : (
          <>
            <Button
              size="sm"
              className="mb-2 w-full"
              onClick={() => onSelect([imageId, ...found.data.map((each) => each.id)])}
            >
              Choose all {found.data.length}
            </Button>
            <ul className="grid grid-cols-2 gap-2">
              {found.data.map((image) => (
                <li key={image.id}>
                  <Link
                    to="/datasets/$name/images/$imageId"
                    params={{ name: datasetName, imageId: image.id }}
                    preload={false}
                    title={image.filename}
                    className="block rounded-md"
                  >
                    <img
                      src={thumbnailAddress(image.id)}
                      alt={image.filename}
                      loading="lazy"
                      decoding="async"
                      className="aspect-4/3 w-full rounded-md bg-sunken object-contain"
                    />
                    <span className="block truncate text-muted text-xs tabular-nums">
                      {formatPercent(image.similarity)} {image.filename}
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </aside>
  );
}
