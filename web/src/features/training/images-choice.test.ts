import { expect, test } from "vitest";
import { chosenImages, warningsOf } from "./images-choice";

const COUNTS = {
  dataset_id: "d",
  image_count: 30,
  archived_image_count: 0,
  status: { new: 5, annotate: 6, review: 7, complete: 12 },
  classes: [
    { name: "stop", annotation_count: 40, image_count: 12, tagged_image_count: 0 },
    { name: "yield", annotation_count: 4, image_count: 3, tagged_image_count: 0 },
    { name: "other", annotation_count: 0, image_count: 0, tagged_image_count: 0 },
  ],
};
const known = { counts: COUNTS, exports: undefined, versions: undefined };

test.each([
  ["complete", 12],
  ["in_progress", 13],
  ["all", 30],
])("images of status %s: %i", (filter, count) => {
  expect(chosenImages("status", filter, known, false).count).toBe(count);
});

test("classes without and with few examples are told", () => {
  expect(warningsOf(chosenImages("status", "complete", known, false), false)).toEqual([
    "No example of other: the model will not know it.",
    "Few examples of yield (4): figures for it will be rough.",
  ]);
});

test("without tags a classifier goes by folders", () => {
  expect(warningsOf(chosenImages("status", "complete", known, true), true)).toEqual([
    "No image has a tag: the names of the folders will be the classes.",
  ]);
});

test("a dataset without classes: a classifier goes by folders, others have nothing to learn", () => {
  const bare = { ...known, counts: { ...COUNTS, classes: [] } };
  const warned = [true, false].map(
    (isTagged) => warningsOf(chosenImages("status", "all", bare, isTagged), isTagged)[0],
  );
  expect(warned).toEqual([
    "No image has a tag: the names of the folders will be the classes.",
    "Nothing is annotated yet: there is nothing to learn from.",
  ]);
});

test("an export that is not known yet says nothing", () => {
  const chosen = chosenImages("export", "v1", known, false);
  expect([chosen.count, warningsOf(chosen, false)]).toEqual([null, []]);
});
