import { expect, test } from "vitest";
import type { DatasetImage } from "../api";
import { bestOf } from "./duplicate-group";

function image(id: string, more: Partial<DatasetImage>): DatasetImage {
  return {
    id,
    filename: `${id}.jpg`,
    status: "new",
    annotation_count: 0,
    file_size: 1,
    is_archived: false,
    width: 100,
    height: 100,
    created_at: "2026-01-01T00:00:00Z",
    ...more,
  };
}

test.each([
  ["the one that is complete", { status: "complete" as const }, { annotation_count: 9, width: 900 }],
  ["the one with more annotations", { annotation_count: 2 }, { annotation_count: 1, width: 900 }],
  ["the larger one", { width: 200 }, { width: 100 }],
  ["the older one", { created_at: "2025-01-01T00:00:00Z" }, {}],
])("bestOf: %s is kept", (_, best, other) => {
  expect(bestOf([image("b", other), image("a", best)])?.id).toBe("a");
});
