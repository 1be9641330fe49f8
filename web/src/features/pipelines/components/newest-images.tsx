/** The images labelled last, with what was found drawn on them; some at a time, however fast they come. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import type { LabelledImage } from "@/api/schema";
import { AnnotatedThumbnail } from "@/canvas/annotated-thumbnail";
import { datasetQuery } from "@/features/datasets/api";
import { annotationsQuery, thumbnailAddress } from "@/features/images/api";
import { classColors } from "@/lib/class-colors";

const EVERY_MS = 1500;

export function NewestImages({ dataset, images }: { dataset: string; images: readonly LabelledImage[] }) {
  const shown = useCalm(images);
  const ids = useMemo(() => shown.map((each) => each.image_id), [shown]);
  const drawn = useQuery({ ...annotationsQuery(dataset, ids), placeholderData: (known) => known });
  const { data: about } = useQuery(datasetQuery(dataset));
  const colors = useMemo(() => classColors(about?.classes ?? []), [about?.classes]);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="font-medium text-sm">Labelled last</h3>
      <ul className="grid grid-cols-3 gap-2 sm:grid-cols-4 lg:grid-cols-6">
        {shown.map((image) => (
          <li key={image.image_id}>
            <Link
              to="/datasets/$name/images/$imageId"
              params={{ name: dataset, imageId: image.image_id }}
              title={image.filename}
              className="block overflow-hidden rounded-md"
            >
              <AnnotatedThumbnail
                src={thumbnailAddress(image.image_id)}
                alt={`${image.filename}, ${image.annotation_count} annotations`}
                width={image.width}
                height={image.height}
                annotations={drawn.data?.[image.image_id]}
                colors={colors}
                loading="eager"
                className="aspect-square w-full bg-sunken"
              />
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The list as it was at most a moment ago: a dozen pictures that change many times a second show nothing. */
function useCalm(images: readonly LabelledImage[]): readonly LabelledImage[] {
  const [shown, setShown] = useState(images);
  const latest = useRef(images);
  latest.current = images;
  const at = useRef(0);
  const key = images.map((each) => `${each.image_id}:${each.annotation_count}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says whether the list is another one
  useEffect(() => {
    const timer = setTimeout(
      () => {
        at.current = Date.now();
        setShown(latest.current);
      },
      Math.max(0, at.current + EVERY_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [key]);
  return shown;
}
