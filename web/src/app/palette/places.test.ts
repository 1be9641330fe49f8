import { expect, test } from "vitest";
import { PAGES, type Place, placesFor } from "./places";

const dataset = (name: string): Place => ({ id: name, label: name, kind: "Dataset", to: "/datasets/$name" });
const PLACES = [...PAGES, dataset("road-signs"), dataset("signs of roads"), dataset("crossroads")];

test.each([
  ["road", ["road-signs", "signs of roads", "crossroads"]],
  ["SIGNS road", ["signs of roads", "road-signs"]],
  ["api", ["API keys"]],
  ["token", ["API keys"]],
  ["dataset cross", ["crossroads"]],
  ["nothing like it", []],
])("placesFor: %s", (typed, labels) => {
  expect(placesFor(typed, PLACES, 10).map((place) => place.label)).toEqual(labels);
});

test("placesFor: nothing typed shows the first ones", () => {
  expect(placesFor("  ", PLACES, 3).map((place) => place.label)).toEqual([
    "Home",
    "Pipelines",
    "New pipeline",
  ]);
});

test("PAGES: each has an id of its own", () => {
  expect(new Set(PAGES.map((each) => each.id)).size).toBe(PAGES.length);
});
