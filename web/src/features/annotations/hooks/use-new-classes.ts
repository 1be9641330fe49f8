import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { DatasetAnswer } from "@/api/schema";
import type { Scene } from "@/canvas/scene";
import { datasetKeys } from "@/features/datasets/api";

/** A save registers classes that the dataset did not have: ask for its list again then, for their colours. */
export function useNewClasses(
  dataset: DatasetAnswer,
  scene: Scene,
  savedAt: number | null,
  queryClient: QueryClient,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at after a save, not at every stroke
  useEffect(() => {
    if (savedAt === null) return;
    const known = new Set(dataset.classes?.map((each) => each.name));
    if (scene.annotations.some((each) => !known.has(each.name))) {
      void queryClient.invalidateQueries({ queryKey: datasetKeys.one(dataset.name) });
    }
  }, [savedAt]);
}
