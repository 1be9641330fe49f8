/** What is drawn on the thumbnails on screen, asked for some dozens of images at a time. */

import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { Shape } from "@/canvas/scene";
import { annotationsQuery, type DatasetImage } from "../api";

const IMAGES_A_REQUEST = 60;

export type DrawnOn = (imageId: string) => readonly Shape[] | undefined;

/** `at` gives the image of a cell; `first` and `last` are the cells on screen; `isLive`: any may get annotations. */
export function useDrawnAnnotations(
  name: string,
  at: (index: number) => DatasetImage | undefined,
  first: number,
  last: number,
  isOn: boolean,
  isLive: boolean,
): DrawnOn {
  // Whole blocks, so that scrolling by a row asks for nothing new.
  const from = Math.floor(Math.max(0, first) / IMAGES_A_REQUEST);
  const to = Math.floor(Math.max(0, last) / IMAGES_A_REQUEST);
  const blocks = useMemo(() => {
    if (!isOn) return [];
    return (
      Array.from({ length: to - from + 1 }, (_, step) => {
        const begin = (from + step) * IMAGES_A_REQUEST;
        return Array.from({ length: IMAGES_A_REQUEST }, (_, cell) => at(begin + cell)).filter(
          (image) => image !== undefined,
        );
      })
        .filter(
          (images) => images.length > 0 && (isLive || images.some((image) => image.annotation_count > 0)),
        )
        // All of them, also those without: the request stays the same while a labelling goes on, so nothing flickers.
        .map((images) => images.map((image) => image.id))
    );
  }, [at, from, to, isOn, isLive]);
  const found = useQueries({
    queries: blocks.map((ids) => annotationsQuery(name, ids)),
    combine: useCallback(
      (results: Array<{ data?: Record<string, readonly Shape[]> }>) =>
        results.flatMap((result) => (result.data === undefined ? [] : [result.data])),
      [],
    ),
  });
  return useCallback(
    (imageId: string) => {
      for (const block of found) {
        const shapes = block[imageId];
        if (shapes !== undefined) return shapes;
      }
      return undefined;
    },
    [found],
  );
}
