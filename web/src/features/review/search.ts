/** What the address of the review page holds: order, whose images, which of them. */

export interface ReviewSearch {
  order?: "least_confident" | "disagreement" | "oldest";
  scope?: "open" | "mine" | "all";
  /** User id of whose images are looked at. */
  assignee?: string;
  class_name?: string;
  min_confidence?: number;
  max_confidence?: number;
}

const ORDERS = ["least_confident", "disagreement", "oldest"] as const;
const SCOPES = ["open", "mine", "all"] as const;

export function reviewSearch(search: Record<string, unknown>): ReviewSearch {
  const found: ReviewSearch = {};
  const order = ORDERS.find((each) => each === search.order);
  if (order && order !== "least_confident") found.order = order;
  const scope = SCOPES.find((each) => each === search.scope);
  if (scope && scope !== "open") found.scope = scope;
  for (const name of ["assignee", "class_name"] as const) {
    // The router reads `?class_name=12` as a number.
    const value = typeof search[name] === "number" ? String(search[name]) : search[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  for (const name of ["min_confidence", "max_confidence"] as const) {
    const value = search[name];
    if (typeof value === "number" && value >= 0 && value <= 1) found[name] = value;
  }
  return found;
}

export function isNarrowed(search: ReviewSearch): boolean {
  const { order: _order, ...rest } = search;
  return Object.keys(rest).length > 0;
}
