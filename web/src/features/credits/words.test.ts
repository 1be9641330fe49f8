import { expect, test } from "vitest";
import type { Tariff } from "./api";
import { costOf, everyDay, operationsOf, operationWords, tariffWords } from "./words";

test.each([
  ["training_a10g", "Training on a10g"],
  ["training_refund_h100", "Training on h100, returned"],
  ["sam3_auto_annotation", "Automatic labelling"],
  ["sam3_auto_annotation_refund", "Automatic labelling, returned"],
  ["something_new", "Something new"],
])("operationWords: %s", (operation, words) => {
  expect(operationWords(operation)).toBe(words);
});

const BATCH: Tariff = { operation: "x", title: "x", unit: "image", base: 3, credits: 1, per: 10 };
const MINUTES: Tariff = { operation: "x", title: "x", unit: "minute", base: 0, credits: 5, per: 1 };

test("costOf: as docs/concepts/credits-and-billing says", () => {
  expect([1, 10, 11, 70].map((images) => costOf(BATCH, images))).toEqual([4, 4, 5, 10]);
  expect(costOf(MINUTES, 12)).toBe(60);
  expect([tariffWords(BATCH), tariffWords(MINUTES)]).toEqual([
    "3 + 1 for each 10 images",
    "5 for each minute",
  ]);
  expect(tariffWords({ ...BATCH, credits: 0 })).toBe("3");
  expect(tariffWords({ ...MINUTES, credits: 0 })).toBe("nothing");
});

const USAGE = [
  { day: "2026-03-01", operation: "a", credits: 5 },
  { day: "2026-03-02", operation: "a", credits: 1 },
  { day: "2026-03-02", operation: "b", credits: 20 },
];

test("everyDay: days without use are there, over the end of a month", () => {
  const days = everyDay(USAGE, 4, new Date("2026-03-03T00:30:00Z"));
  expect(days.map((each) => [each.day, each.total])).toEqual([
    ["2026-02-28", 0],
    ["2026-03-01", 5],
    ["2026-03-02", 21],
    ["2026-03-03", 0],
  ]);
});

test("operationsOf: the dearest first", () => {
  expect(operationsOf(USAGE)).toEqual([
    ["b", 20],
    ["a", 6],
  ]);
});
