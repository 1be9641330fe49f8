import { expect, test } from "vitest";
import {
  countChosen,
  EVERYTHING,
  extended,
  hasChoice,
  isChosen,
  NOTHING,
  toggled,
  withIds,
} from "./selection";

const idAt = (index: number) => (index < 10 ? `image-${index}` : undefined);

test("toggled: on and off, and the anchor follows", () => {
  const one = toggled(NOTHING, "a", 3);
  expect([[...one.ids], one.anchor]).toEqual([["a"], 3]);
  expect([...toggled(one, "a", 4).ids]).toEqual([]);
});

test.each([
  [2, 5, 4],
  [5, 2, 4],
  [8, 12, 2],
])("extended: from %i to %i are %i images that are loaded", (anchor, index, count) => {
  expect(extended({ ...NOTHING, anchor }, index, idAt).ids.size).toBe(count);
});

test("extended: goes on from the same anchor", () => {
  const first = extended(toggled(NOTHING, "image-4", 4), 6, idAt);
  const second = extended(first, 3, idAt);
  expect([[...second.ids].sort(), second.anchor]).toEqual([["image-3", "image-4", "image-5", "image-6"], 4]);
});

test("withIds: adds and keeps", () => {
  expect([...withIds(toggled(NOTHING, "a", 0), ["b", "a"]).ids]).toEqual(["a", "b"]);
});

test("everything: an image is taken out of it, and put back by a range", () => {
  const without = toggled(EVERYTHING, "image-2", 2);
  expect([isChosen(without, "image-2"), isChosen(without, "image-3")]).toEqual([false, true]);
  expect([countChosen(without, 100_000), countChosen(without, null)]).toEqual([99_999, null]);
  expect([hasChoice(without), hasChoice(NOTHING)]).toEqual([true, false]);
  expect(isChosen(extended(without, 4, idAt), "image-2")).toBe(true);
});
