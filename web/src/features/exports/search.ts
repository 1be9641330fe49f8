/** What the address of the exports page holds. */

import type { ExportAnswer } from "./api";

export interface ExportSearch {
  /** Only exports of this dataset. */
  dataset?: string;
  status?: ExportAnswer["status"];
  /** The export that is open: its name, with `of` its dataset's. */
  show?: string;
  of?: string;
  /** The form for a new one is open; `version` is chosen in it. */
  new?: boolean;
  version?: string;
}

export const STATUSES = ["pending", "processing", "completed", "failed"] as const;

export function exportSearch(search: Record<string, unknown>): ExportSearch {
  return {
    dataset: text(search.dataset),
    status: STATUSES.find((each) => each === search.status),
    show: text(search.show),
    of: text(search.of),
    new: search.new === true || search.new === 1 || undefined,
    version: text(search.version),
  };
}

function text(value: unknown): string | undefined {
  // A name of digits alone comes out of the address as a number.
  const words = typeof value === "number" ? String(value) : value;
  return typeof words === "string" && words !== "" ? words : undefined;
}
