import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatDuration, plural } from "./format";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KB"],
  [123_456, "123 KB"],
  [7_200_000_000, "7.2 GB"],
])("formatBytes: %i is %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test.each([
  [0, "0 s"],
  [59.6, "1 min"],
  [200, "3 min 20 s"],
  [7500, "2 h 5 min"],
])("formatDuration: %d is %s", (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test.each([
  [3, "just now"],
  [180, "3 min ago"],
  [7200, "2 h ago"],
  [90_000, "yesterday"],
])("formatAgo: %d seconds is %s", (seconds, words) => {
  const now = new Date("2026-01-10T12:00:00Z");
  expect(formatAgo(new Date(now.getTime() - seconds * 1000), now)).toBe(words);
});

test("plural: one and many", () => {
  expect([plural(1, "image"), plural(1200, "image"), plural(2, "class", "classes")]).toEqual([
    "1 image",
    "1,200 images",
    "2 classes",
  ]);
});
