/** What to do with a draft that an earlier tab left, given what the server has now. */

import { isSameList, type StoredAnnotations } from "../documents";
import type { Draft } from "./drafts";

export type Recovery =
  /** The server has it all. */
  | { kind: "nothing" }
  /** Nobody saved since: go on with the draft. */
  | { kind: "replay"; draft: Draft }
  /** Somebody did: both are shown. */
  | { kind: "conflict"; draft: Draft };

/** Decide about the newest of an image's drafts that the server does not have. */
export function recover(drafts: readonly Draft[], stored: StoredAnnotations): Recovery {
  const draft = [...latestOfTabs(drafts)]
    .filter((each) => !isSameList(each.annotations, stored.annotations))
    .sort((one, other) => other.changedAt - one.changedAt)[0];
  if (draft === undefined) return { kind: "nothing" };
  const arrived = draft.sent !== null && isSameList(draft.sent, stored.annotations);
  if (draft.baseVersion === stored.version || arrived || isSameList(draft.base, stored.annotations)) {
    return { kind: "replay", draft };
  }
  return { kind: "conflict", draft };
}

/**
 * Return the drafts that hold nothing of their own: the server has it, or a later one of the same tab does.
 *
 * Drafts of other tabs stay, for the next time.
 */
export function obsolete(drafts: readonly Draft[], stored: StoredAnnotations): Draft[] {
  const latest = latestOfTabs(drafts);
  return drafts.filter((each) => !latest.has(each) || isSameList(each.annotations, stored.annotations));
}

function latestOfTabs(drafts: readonly Draft[]): Set<Draft> {
  const latest = new Map<string, Draft>();
  for (const draft of drafts) {
    const known = latest.get(draft.tab);
    if (known === undefined || draft.changedAt > known.changedAt) latest.set(draft.tab, draft);
  }
  return new Set(latest.values());
}
