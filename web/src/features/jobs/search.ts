/** What the address of the jobs page holds. */

import type { Job } from "@/api/schema";
import { KINDS } from "./words";

export interface JobsSearch {
  kind?: string;
  /** `live`: what waits or runs. */
  state?: Job["state"] | "live";
  dataset?: string;
  mine?: boolean;
}

const STATES = ["live", "queued", "running", "completed", "failed", "cancelled"] as const;

export function jobsSearch(search: Record<string, unknown>): JobsSearch {
  const found: JobsSearch = {};
  const kind = KINDS.find((each) => each.kind === search.kind);
  if (kind) found.kind = kind.kind;
  const state = STATES.find((each) => each === search.state);
  if (state) found.state = state;
  // The router reads `?dataset=12` as a number.
  if (typeof search.dataset === "string" && search.dataset !== "") found.dataset = search.dataset;
  if (typeof search.dataset === "number") found.dataset = String(search.dataset);
  if (search.mine === true) found.mine = true;
  return found;
}
