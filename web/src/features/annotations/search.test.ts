import { expect, test } from "vitest";
import { listOf, parseEditorSearch } from "./search";

test("the gallery's list comes through, the rest is dropped", () => {
  const search = parseEditorSearch({
    status: "new",
    text: 12,
    min_confidence: 0.5,
    recursive: false,
    sort: "name",
    review: 1,
    nonsense: "x",
    tag: "",
  });
  expect(search).toEqual({
    status: "new",
    text: "12",
    min_confidence: 0.5,
    recursive: false,
    sort: "name",
    review: 1,
  });
  expect(listOf(search)).not.toHaveProperty("review");
});

test.each([
  [{ sort: "upside-down" }],
  [{ min_confidence: "much" }],
  [{ recursive: "perhaps" }],
  [{ review: 0 }],
])("%o is dropped", (search) => expect(parseEditorSearch(search)).toEqual({}));
