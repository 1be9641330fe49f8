import { expect, test } from "vitest";
import { compareSearch, MOST_COMPARED, newTrainingSearch, trainingListSearch } from "./search";

test("a list is narrowed by words that are known only", () => {
  expect(trainingListSearch({ dataset: "signs", pipeline: "yolox", status: "broken" })).toEqual({
    dataset: "signs",
    pipeline: "yolox",
    status: undefined,
  });
});

test("a version in the address is a number to the router", () => {
  expect(newTrainingSearch({ source: "version", images: 3 })).toMatchObject({
    source: "version",
    images: "3",
  });
});

test("compared are the runs that are named, each once, and not too many", () => {
  expect(compareSearch({ runs: ["a", "b", "a", 3, ""] }).runs).toEqual(["a", "b"]);
  expect(compareSearch({ runs: "a" }).runs).toEqual(["a"]);
  expect(compareSearch({}).runs).toEqual([]);
  const many = Array.from({ length: 20 }, (_, index) => `run-${index}`);
  expect(compareSearch({ runs: many }).runs).toHaveLength(MOST_COMPARED);
});
