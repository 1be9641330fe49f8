/** The queue as the page holds it: what the server gave, less what was decided or passed over meanwhile. Pure. */

import type { ReviewItem, ReviewVerdict } from "./api";

export interface Done {
  item: ReviewItem;
  verdict: ReviewVerdict;
}

export interface QueueState {
  items: readonly ReviewItem[];
  /** Ids with a verdict that is on its way or was taken: the server may still list them. */
  decided: ReadonlySet<string>;
  /** Ids that were passed over in this round. */
  skipped: readonly string[];
  /** The last one last: what can be taken back. */
  done: readonly Done[];
}

export const EMPTY_QUEUE: QueueState = { items: [], decided: new Set(), skipped: [], done: [] };

export type QueueChange =
  | { kind: "received"; items: readonly ReviewItem[] }
  | { kind: "decided"; imageId: string }
  | { kind: "confirmed"; item: ReviewItem; verdict: ReviewVerdict }
  | { kind: "refused"; item: ReviewItem; isGone: boolean }
  | { kind: "undone"; done: Done }
  | { kind: "skipped"; imageId: string }
  | { kind: "brought"; item: ReviewItem }
  | { kind: "restarted" };

export function changed(state: QueueState, change: QueueChange): QueueState {
  switch (change.kind) {
    case "received": {
      const passed = new Set([...state.decided, ...state.skipped]);
      const given = change.items.filter((each) => !passed.has(each.image.id));
      const [first] = state.items;
      // What somebody looks at stays: a less confident one may have come meanwhile.
      const current = first && given.find((each) => each.image.id === first.image.id);
      if (!current) return { ...state, items: given };
      return { ...state, items: [current, ...given.filter((each) => each !== current)] };
    }
    case "decided":
      return {
        ...state,
        items: without(state.items, change.imageId),
        decided: new Set([...state.decided, change.imageId]),
      };
    case "confirmed":
      return { ...state, done: [...state.done, { item: change.item, verdict: change.verdict }] };
    case "refused": {
      const { item, isGone } = change;
      // Somebody else decided about it, or has it: it does not come back.
      if (isGone) return state;
      return { ...allowed(state, item.image.id), items: [item, ...without(state.items, item.image.id)] };
    }
    case "undone": {
      const { item } = change.done;
      return {
        ...allowed(state, item.image.id),
        items: [item, ...without(state.items, item.image.id)],
        done: state.done.filter((each) => each.verdict.id !== change.done.verdict.id),
      };
    }
    case "skipped":
      return {
        ...state,
        items: without(state.items, change.imageId),
        skipped: [...state.skipped, change.imageId].slice(-500),
      };
    case "brought": {
      const { item } = change;
      return { ...allowed(state, item.image.id), items: [item, ...without(state.items, item.image.id)] };
    }
    case "restarted":
      return { ...EMPTY_QUEUE, done: state.done };
  }
}

function allowed(state: QueueState, imageId: string): QueueState {
  return {
    ...state,
    decided: new Set([...state.decided].filter((id) => id !== imageId)),
    skipped: state.skipped.filter((id) => id !== imageId),
  };
}

function without(items: readonly ReviewItem[], imageId: string): readonly ReviewItem[] {
  return items.filter((each) => each.image.id !== imageId);
}
