import { expect, test } from "vitest";
import type { ExportAnswer } from "./api";
import { createCode, downloadCode, scopeWords, suggestedName } from "./words";

const EXPORT = { dataset_name: "road signs", name: "it's v1" } as ExportAnswer;

test("downloadCode: names are quoted for the program they are for", () => {
  expect(downloadCode(EXPORT)).toEqual({
    sdk: 'Client().exports.download("road signs", "it\'s v1", "it-s-v1.zip")',
    cli: "pictograph exports download 'road signs' 'it'\\''s v1' --output it-s-v1.zip",
  });
});

test("createCode: says what is not usual, and nothing else", () => {
  expect(
    createCode({ dataset_name: "a", name: "b", format: "coco", include_images: false, status_filter: "all" }),
  ).toBe('Client().exports.create("a", "b", format="coco")');
  expect(
    createCode({
      dataset_name: "a",
      name: "b",
      format: "yolo",
      include_images: true,
      status_filter: "complete",
      class_filter: ["stop"],
      version: "3",
    }),
  ).toBe(
    'Client().exports.create("a", "b", format="yolo", include_images=True, status_filter="complete", class_filter=["stop"], version="3")',
  );
});

test("scopeWords: which images of which version", () => {
  expect(scopeWords({ ...EXPORT, status_filter: "complete", dataset_version: 3 })).toBe(
    "Complete ones only of version 3",
  );
  expect(scopeWords({ ...EXPORT, status_filter: null })).toBe("All images");
});

test("suggestedName: format and moment", () => {
  expect(suggestedName("coco", new Date(2026, 0, 5, 9, 7))).toBe("coco-2026-01-05-0907");
});
