import { expect, test } from "vitest";
import type { Annotation } from "@/canvas/scene";
import { differences, merge, suggestions, takeAll } from "./differences";

function box(id: string, x = 0, name = "car"): Annotation {
  return { id, name, type: "bbox", bounding_box: { x, y: 0, w: 10, h: 10 }, confidence: 1 };
}
const ids = (annotations: readonly Annotation[]) => annotations.map((each) => each.id);

test("nothing differs where both did the same", () => {
  expect(differences([box("a")], [box("a", 5)], [box("a", 5)])).toEqual([]);
});

test("who made an annotation is no difference", () => {
  expect(differences([], [{ ...box("a"), created_by: "user:1" }], [box("a")])).toEqual([]);
});

test.each([
  [
    "they added",
    [],
    [box("a")],
    [],
    { theirChange: "added", myChange: "same", suggestion: "theirs", isClash: false },
  ],
  [
    "I added",
    [],
    [],
    [box("a")],
    { theirChange: "same", myChange: "added", suggestion: "mine", isClash: false },
  ],
  [
    "they deleted",
    [box("a")],
    [],
    [box("a")],
    { theirChange: "deleted", myChange: "same", suggestion: "theirs" },
  ],
  [
    "I moved",
    [box("a")],
    [box("a")],
    [box("a", 9)],
    { theirChange: "same", myChange: "changed", suggestion: "mine" },
  ],
  [
    "both moved",
    [box("a")],
    [box("a", 4)],
    [box("a", 9)],
    { theirChange: "changed", myChange: "changed", isClash: true },
  ],
  [
    "they deleted what I moved",
    [box("a")],
    [],
    [box("a", 9)],
    { theirChange: "deleted", myChange: "changed", isClash: true },
  ],
  [
    "both gave one id",
    [],
    [box("a")],
    [box("a", 9)],
    { theirChange: "added", myChange: "added", isClash: true },
  ],
])("%s", (_what, base, theirs, mine, expected) => {
  const found = differences(base, theirs, mine);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject(expected);
});

test("clashes come first", () => {
  const found = differences([box("a"), box("b")], [box("a", 1), box("b", 1)], [box("a"), box("b", 2)]);
  expect(found.map((each) => each.id)).toEqual(["b", "a"]);
});

test("the suggestion keeps what either side added, and loses what either deleted", () => {
  const base = [box("a"), box("b"), box("c")];
  const theirs = [box("a"), box("c"), box("t")];
  const mine = [box("b"), box("c"), box("m")];
  const found = differences(base, theirs, mine);
  expect(ids(merge(theirs, mine, found, suggestions(found)))).toEqual(["c", "m", "t"]);
});

test("one side whole is that side", () => {
  const base = [box("a"), box("b")];
  const theirs = [box("a", 3), box("t")];
  const mine = [box("a", 7), box("b"), box("m")];
  const found = differences(base, theirs, mine);
  expect(merge(theirs, mine, found, takeAll(found, "mine"))).toEqual(mine);
  expect(ids(merge(theirs, mine, found, takeAll(found, "theirs"))).sort()).toEqual(["a", "t"]);
});

test("each one can be picked", () => {
  const theirs = [box("a", 3), box("b", 3)];
  const mine = [box("a", 7), box("b", 7)];
  const found = differences([], theirs, mine);
  expect(merge(theirs, mine, found, new Map([["b", "theirs"]]))).toEqual([box("a", 7), box("b", 3)]);
});
