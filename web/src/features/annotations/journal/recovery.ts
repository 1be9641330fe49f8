/** What to do with a draft that an earlier tab left, given what the server has now. */

import { isSameList, type StoredAnnotations } from "../documents";
import type { Draft, Wish } from "./drafts";

export type Recovery =
  /** The server has it all. */
  | { kind: "nothing" }
  /** Nobody saved since: go on with the draft. */
  | { kind: "replay"; draft: Draft }
  /** Somebody did: both are shown. */
  | { kind: "conflict"; draft: Draft }
  /** The server has the annotations, and not the status that was chosen for them. */
  | { kind: "wish"; draft: Draft }
  /** A status was chosen, and somebody has changed since what it was chosen for. */
  | { kind: "outdated wish"; wish: Wish };

/** Decide about the newest of an image's drafts that the server does not have. */
export function recover(drafts: readonly Draft[], stored: StoredAnnotations): Recovery {
  const draft = [...latestOfTabs(drafts)]
    .filter((each) => !isKnown(each, stored) && (each.wish || !isOutdated(each, stored)))
    .sort((one, other) => other.changedAt - one.changedAt)[0];
  if (draft === undefined) return { kind: "nothing" };
  if (isSameList(draft.annotations, stored.annotations)) return { kind: "wish", draft };
  if (draft.wish && isOutdated(draft, stored)) return { kind: "outdated wish", wish: draft.wish };
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
  return drafts.filter((each) => !latest.has(each) || isKnown(each, stored) || isOutdated(each, stored));
}

/** Whether the server has all of it. */
function isKnown({ annotations, wish }: Draft, stored: StoredAnnotations): boolean {
  return isSameList(annotations, stored.annotations) && (!wish || wish.status === stored.status);
}

/** Whether it changes nothing, and is about annotations that are not there any more. */
function isOutdated({ annotations, base }: Draft, stored: StoredAnnotations): boolean {
  return isSameList(annotations, base) && !isSameList(annotations, stored.annotations);
}

function latestOfTabs(drafts: readonly Draft[]): Set<Draft> {
  const latest = new Map<string, Draft>();
  for (const draft of drafts) {
    const known = latest.get(draft.tab);
    if (known === undefined || draft.changedAt > known.changedAt) latest.set(draft.tab, draft);
  }
  return new Set(latest.values());
}
