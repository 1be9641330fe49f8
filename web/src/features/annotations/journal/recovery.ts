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

/** Decide about the newest of an image's drafts; the others are older states of the same or of other tabs. */
export function recover(drafts: readonly Draft[], stored: StoredAnnotations): Recovery {
  const draft = newest(drafts);
  if (draft === null || isSameList(draft.annotations, stored.annotations)) return { kind: "nothing" };
  const arrived = draft.sent !== null && isSameList(draft.sent, stored.annotations);
  if (draft.baseVersion === stored.version || arrived || isSameList(draft.base, stored.annotations)) {
    return { kind: "replay", draft };
  }
  return { kind: "conflict", draft };
}

export function newest(drafts: readonly Draft[]): Draft | null {
  return drafts.reduce<Draft | null>(
    (best, each) => (best === null || each.changedAt > best.changedAt ? each : best),
    null,
  );
}
