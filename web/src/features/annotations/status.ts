import type { Tone } from "@/ui/badge";
import type { ImageStatus } from "./documents";

/** The states of an image in the order of work, as people read them. */
export const STATUSES: ReadonlyArray<{ value: ImageStatus; label: string; tone: Tone }> = [
  { value: "new", label: "New", tone: "neutral" },
  { value: "annotate", label: "In work", tone: "info" },
  { value: "review", label: "Review", tone: "warn" },
  { value: "complete", label: "Complete", tone: "ok" },
];

export function statusOf(value: ImageStatus): (typeof STATUSES)[number] {
  return STATUSES.find((each) => each.value === value) ?? { value, label: value, tone: "neutral" };
}
