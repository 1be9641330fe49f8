import { expect, test } from "vitest";
import type { ReviewItem, ReviewVerdict } from "./api";
import { changed, EMPTY_QUEUE, type QueueChange, type QueueState } from "./queue";
import { isNarrowed, reviewSearch } from "./search";

function item(id: string): ReviewItem {
  return { image: { id, filename: `${id}.png`, status: "review" } } as unknown as ReviewItem;
}

function verdict(id: string): ReviewVerdict {
  return { id: `v-${id}`, image_id: id, verdict: "accepted" } as unknown as ReviewVerdict;
}

function after(...changes: QueueChange[]): QueueState {
  return changes.reduce(changed, EMPTY_QUEUE);
}

const ids = (state: QueueState) => state.items.map((each) => each.image.id);
const received = (...names: string[]): QueueChange => ({ kind: "received", items: names.map(item) });

test("a decided image does not come back while the server still lists it", () => {
  const state = after(received("a", "b"), { kind: "decided", imageId: "a" }, received("a", "b", "c"));
  expect(ids(state)).toEqual(["b", "c"]);
});

test("what somebody looks at stays first", () => {
  expect(ids(after(received("a", "b"), received("z", "a", "b")))).toEqual(["a", "z", "b"]);
});

test("a refused verdict brings the image back, unless somebody else has it", () => {
  const decided: QueueChange = { kind: "decided", imageId: "a" };
  const back = after(received("a", "b"), decided, { kind: "refused", item: item("a"), isGone: false });
  expect(ids(back)).toEqual(["a", "b"]);
  const gone = after(
    received("a", "b"),
    decided,
    { kind: "refused", item: item("a"), isGone: true },
    received("a", "b"),
  );
  expect(ids(gone)).toEqual(["b"]);
});

test("the last verdict is taken back first", () => {
  const state = after(
    received("a", "b", "c"),
    { kind: "decided", imageId: "a" },
    { kind: "confirmed", item: item("a"), verdict: verdict("a") },
    { kind: "decided", imageId: "b" },
    { kind: "confirmed", item: item("b"), verdict: verdict("b") },
  );
  const last = state.done.at(-1);
  if (!last) throw new Error("nothing was done");
  const undone = changed(state, { kind: "undone", done: last });
  expect(ids(undone)).toEqual(["b", "c"]);
  expect(undone.done.map((each) => each.verdict.image_id)).toEqual(["a"]);
  expect(ids(changed(undone, received("b", "c")))).toEqual(["b", "c"]);
});

test("a skipped image is remembered, and comes back when it is brought", () => {
  const state = after(received("a", "b"), { kind: "skipped", imageId: "a" });
  expect(state.skipped).toEqual(["a"]);
  expect(ids(changed(state, received("a", "b")))).toEqual(["b"]);
  const brought = changed(state, { kind: "brought", item: item("a") });
  expect([ids(brought), brought.skipped]).toEqual([["a", "b"], []]);
});

test("the address keeps what means something", () => {
  expect(reviewSearch({ order: "disagreement", scope: "open", class_name: 3, max_confidence: 2 })).toEqual({
    order: "disagreement",
    class_name: "3",
  });
  expect(isNarrowed({ order: "oldest" })).toBe(false);
  expect(isNarrowed({ scope: "mine" })).toBe(true);
});
