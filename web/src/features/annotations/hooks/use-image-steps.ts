/** From image to image, in the order the gallery showed: the next one is loaded before somebody asks for it. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";
import { prefetchPicture } from "@/canvas/picture";
import { type DatasetImage, imageAddress, imageQuery, type Neighbors, neighborsQuery } from "../api";
import { editingQuery, type Workplace } from "../saving/open-editing";
import { type EditorSearch, listOf } from "../search";

export interface ImageSteps {
  neighbors: Neighbors | undefined;
  hasPrevious: boolean;
  hasNext: boolean;
  open: (imageId: string) => void;
  /** Return false where there is none. */
  next: () => boolean;
  previous: () => boolean;
  /** The image before this one: where somebody came from, else what the list says. */
  previousId: string | undefined;
}

export function useImageSteps(
  datasetName: string,
  imageId: string,
  search: EditorSearch,
  workplace: Workplace,
): ImageSteps {
  const navigate = useNavigate();
  const list = listOf(search);
  const { data: neighbors } = useQuery(neighborsQuery(imageId, list));
  // Where somebody went forward from: an image that was completed may be in the list no more.
  const trail = useRef<string[]>([]);
  const nextId = neighbors?.next[0]?.id;
  const previousId = trail.current.at(-1) ?? neighbors?.previous[0]?.id;

  const open = useCallback(
    (id: string) => {
      const params = { name: datasetName, imageId: id };
      void navigate({ to: "/datasets/$name/images/$imageId", params, search: search as never });
    },
    [navigate, datasetName, search],
  );
  const next = useCallback(() => {
    if (nextId === undefined) return false;
    trail.current.push(imageId);
    open(nextId);
    return true;
  }, [nextId, imageId, open]);
  const previous = useCallback(() => {
    if (previousId === undefined) return false;
    trail.current.pop();
    open(previousId);
    return true;
  }, [previousId, open]);

  usePrefetch(neighbors?.next[0], list, workplace);
  usePrefetch(neighbors?.previous[0], list, workplace);
  return {
    neighbors,
    hasPrevious: previousId !== undefined,
    hasNext: nextId !== undefined,
    open,
    next,
    previous,
    previousId,
  };
}

function usePrefetch(image: DatasetImage | undefined, list: EditorSearch, workplace: Workplace): void {
  const latest = useRef(list);
  latest.current = list;
  useEffect(() => {
    if (image === undefined) return;
    const { queryClient } = workplace;
    void queryClient.prefetchQuery(imageQuery(image.id));
    void queryClient.prefetchQuery(editingQuery(image.id, workplace));
    void queryClient.prefetchQuery(neighborsQuery(image.id, latest.current));
    return prefetchPicture(imageAddress(image));
  }, [image, workplace]);
}
