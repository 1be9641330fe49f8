/** What the editor needs of an image: all of it, or what of the one before is shown until it is there. */

import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { DatasetAnswer } from "@/api/schema";
import { datasetQuery } from "@/features/datasets/api";
import { type ImageAnswer, imageQuery } from "../api";
import type { Editing } from "../saving/editing";
import { editingQuery, type Workplace } from "../saving/open-editing";

export interface ImageData {
  dataset: DatasetAnswer;
  image: ImageAnswer & { width: number; height: number };
  editing: Editing;
}

export interface ImageDataState {
  data: ImageData | null;
  /** `data` is the image before, for this one is not there yet. */
  isLoading: boolean;
  /** Its size is not known yet: the server is still reading the file. */
  isBeingRead: boolean;
  problem: unknown;
  retry: () => void;
}

export function useImageData(datasetName: string, imageId: string, workplace: Workplace): ImageDataState {
  const dataset = useQuery(datasetQuery(datasetName));
  const image = useQuery({
    ...imageQuery(imageId),
    refetchInterval: ({ state }) => (state.data && !hasSize(state.data) ? 1500 : false),
  });
  const editing = useQuery(editingQuery(imageId, workplace));
  const last = useRef<ImageData | null>(null);
  if (dataset.data && image.data && hasSize(image.data) && editing.data) {
    const { current } = last;
    const isSame =
      current?.dataset === dataset.data && current.image === image.data && current.editing === editing.data;
    if (!isSame) last.current = { dataset: dataset.data, image: image.data, editing: editing.data };
  }
  const { current } = last;
  return {
    data: current,
    isLoading: current?.editing.imageId !== imageId,
    isBeingRead: image.data !== undefined && !hasSize(image.data),
    problem:
      (dataset.data ? null : dataset.error) ??
      (image.data ? null : image.error) ??
      (editing.data ? null : editing.error),
    retry: () => {
      for (const each of [dataset, image, editing]) if (each.isError) void each.refetch();
    },
  };
}

function hasSize(image: ImageAnswer): image is ImageAnswer & { width: number; height: number } {
  return typeof image.width === "number" && typeof image.height === "number";
}
