import { expect, test } from "vitest";
import { extended, NOTHING, toggled, withIds } from "./selection";

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
  expect(extended({ ids: new Set(), anchor }, index, idAt).ids.size).toBe(count);
});

test("extended: goes on from the same anchor", () => {
  const first = extended(toggled(NOTHING, "image-4", 4), 6, idAt);
  const second = extended(first, 3, idAt);
  expect([[...second.ids].sort(), second.anchor]).toEqual([["image-3", "image-4", "image-5", "image-6"], 4]);
});

test("withIds: adds and keeps", () => {
  expect([...withIds(toggled(NOTHING, "a", 0), ["b", "a"]).ids]).toEqual(["a", "b"]);
});
