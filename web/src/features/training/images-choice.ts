/** Which images a run is to learn from, and what can be said about them before it starts. */

import type { DatasetCounts, ExportAnswer, Version } from "@/api/schema";
import type { ImageSource } from "./search";

/** Fewer annotated images than this are refused by the server. */
export const FEWEST_IMAGES = 5;
/** With fewer examples of a class, figures are luck. */
const FEW_EXAMPLES = 10;

export const STATUS_FILTERS = [
  { value: "complete", label: "Complete" },
  { value: "in_progress", label: "In progress (to annotate or review)" },
  { value: "review", label: "In review" },
  { value: "annotate", label: "To annotate" },
  { value: "all", label: "All, whatever their status" },
] as const;

export interface ClassExamples {
  name: string;
  examples: number;
  images: number;
}

export interface ChosenImages {
  count: number | null;
  /** Null where they are not known: of an export. */
  classes: readonly ClassExamples[] | null;
  /** Whether `classes` counts more images than are chosen. */
  isOfWholeDataset: boolean;
}

interface Known {
  counts: DatasetCounts | undefined;
  exports: readonly ExportAnswer[] | undefined;
  versions: readonly Version[] | undefined;
}

export function chosenImages(
  source: ImageSource,
  images: string,
  known: Known,
  isTagged: boolean,
): ChosenImages {
  if (source === "export") {
    const found = known.exports?.find((each) => each.name === images);
    return { count: found?.image_count ?? null, classes: null, isOfWholeDataset: false };
  }
  if (source === "version") {
    const found = known.versions?.find((each) => String(each.number) === images);
    const classes = (found?.classes ?? []).map(({ name, annotation_count, image_count }) => ({
      name,
      examples: annotation_count,
      images: image_count,
    }));
    return { count: found?.image_count ?? null, classes, isOfWholeDataset: false };
  }
  if (!known.counts) return { count: null, classes: null, isOfWholeDataset: false };
  const classes = known.counts.classes.map((each) => ({
    name: each.name,
    examples: isTagged ? each.tagged_image_count : each.annotation_count,
    images: isTagged ? each.tagged_image_count : each.image_count,
  }));
  const count = countOf(known.counts, images);
  return { count, classes, isOfWholeDataset: count < known.counts.image_count };
}

export function countOf({ status, image_count }: DatasetCounts, filter: string): number {
  switch (filter) {
    case "complete":
      return status.complete;
    case "review":
      return status.review;
    case "annotate":
      return status.annotate;
    case "in_progress":
      return status.annotate + status.review;
    default:
      return image_count;
  }
}

/** What a person should know before starting; the server refuses what cannot be done at all. */
export function warningsOf({ count, classes }: ChosenImages, isTagged: boolean): string[] {
  const warnings: string[] = [];
  if (count === 0) warnings.push("There is no such image: nothing could be learned.");
  else if (count !== null && count < FEWEST_IMAGES) {
    warnings.push(`A run needs at least ${FEWEST_IMAGES} annotated images.`);
  }
  if (classes === null) return warnings;
  const absent = classes.filter((each) => each.examples === 0).map((each) => each.name);
  const few = classes.filter((each) => each.examples > 0 && each.examples < FEW_EXAMPLES);
  if (absent.length === classes.length) {
    warnings.push(
      isTagged
        ? "No image has a tag: the names of the folders will be the classes."
        : "Nothing is annotated yet: there is nothing to learn from.",
    );
  } else if (absent.length > 0) {
    warnings.push(
      `No example of ${listed(absent)}: the model will not know ${absent.length > 1 ? "them" : "it"}.`,
    );
  }
  if (few.length > 0) {
    const words = few.map((each) => `${each.name} (${each.examples})`);
    warnings.push(
      `Few examples of ${listed(words)}: figures for ${few.length > 1 ? "them" : "it"} will be rough.`,
    );
  }
  return warnings;
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
