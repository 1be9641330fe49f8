/** A dataset in the list: its newest images, its name, and how far its annotation is. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Images } from "lucide-react";
import { memo } from "react";
import { formatDate, plural } from "@/lib/format";
import { localPath } from "@/lib/local-path";
import { ProgressBar } from "@/ui/progress-bar";
import { coverQuery, type DatasetAnswer } from "../api";

export const CARD_HEIGHT = 268;

export const DatasetCard = memo(function DatasetCard({ dataset }: { dataset: DatasetAnswer }) {
  const { name, image_count: images = 0, completed_image_count: complete = 0 } = dataset;
  return (
    <Link
      to="/datasets/$name"
      params={{ name }}
      className="flex flex-col overflow-hidden rounded-lg border border-line bg-surface hover:border-line-strong"
      style={{ height: CARD_HEIGHT }}
    >
      <Cover name={name} isEmpty={images === 0} />
      <div className="flex grow flex-col gap-1 px-3 py-2.5">
        <h2 className="truncate font-semibold text-base" title={name}>
          {name}
        </h2>
        <p className="truncate text-muted text-xs tabular-nums">
          {plural(images, "image")}, {plural(dataset.classes?.length ?? 0, "class", "classes")}
        </p>
        <div className="mt-auto">
          <p className="flex justify-between gap-2 text-muted text-xs tabular-nums">
            <span>
              {images === 0
                ? "Nothing to annotate yet"
                : `${Math.floor((complete / images) * 100)} % complete`}
            </span>
            <span className="shrink-0">{formatDate(dataset.created_at)}</span>
          </p>
          {images > 0 && (
            <div className="mt-1">
              <ProgressBar label={`${name}: images that are complete`} value={complete / images} />
            </div>
          )}
        </div>
      </div>
    </Link>
  );
});

function Cover({ name, isEmpty }: { name: string; isEmpty: boolean }) {
  const cover = useQuery({ ...coverQuery(name), enabled: !isEmpty });
  const images = (cover.data ?? []).filter((image) => image.thumbnail_url);
  return (
    <div className="relative grid h-40 shrink-0 grid-cols-2 grid-rows-2 gap-px bg-sunken">
      {isEmpty && (
        <Images
          aria-hidden="true"
          className="absolute inset-0 m-auto size-8 text-line-strong"
          strokeWidth={1.25}
        />
      )}
      {images.map((image, index) => (
        <img
          key={image.id}
          src={localPath(image.thumbnail_url ?? "")}
          alt=""
          decoding="async"
          className={`size-full object-cover ${COVERS[images.length]?.[index] ?? ""}`}
        />
      ))}
    </div>
  );
}

/** By how many images there are: how much room each takes. */
const COVERS: Record<number, readonly string[]> = {
  1: ["col-span-2 row-span-2"],
  2: ["row-span-2", "row-span-2"],
  3: ["row-span-2", "", ""],
};
