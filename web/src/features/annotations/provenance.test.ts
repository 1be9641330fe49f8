import { expect, test } from "vitest";
import type { Annotation } from "@/canvas/scene";
import type { Provenance } from "./documents";
import { provenanceWords } from "./provenance";

const NOW = new Date("2026-01-01T12:00:00Z");
const PEOPLE = { me: "user:1", nameOf: (maker: string) => (maker === "user:2" ? "Ada" : undefined) };
const box: Annotation = {
  id: "a",
  name: "stop",
  type: "bbox",
  bounding_box: { x: 0, y: 0, w: 1, h: 1 },
  confidence: 0.83,
};
const words = (origin?: Provenance, annotation = box) =>
  provenanceWords(annotation, origin, PEOPLE, NOW).join(" · ");

test.each<[string, Provenance, string]>([
  [
    "an engine",
    { made_by: "sam3@facebook/sam3", made_at: "2026-01-01T11:57:00Z", prompt: "stop sign", confidence: 0.83 },
    "by SAM 3 · “stop sign” · 0.83 · 3 min ago",
  ],
  ["me", { made_by: "user:1", made_at: "2026-01-01T11:59:58Z" }, "by you · just now"],
  ["somebody else", { made_by: "user:2", made_at: "2026-01-01T11:00:00Z" }, "by Ada · 1 h ago"],
  ["somebody who left", { made_by: "user:3", made_at: "2026-01-01T11:00:00Z" }, "by somebody · 1 h ago"],
  [
    "a model, corrected by me",
    {
      made_by: "model:0123456789",
      made_at: "2026-01-01T11:00:00Z",
      edited_by: "user:1",
      edited_at: "2026-01-01T11:59:00Z",
    },
    "by model 01234567 · 0.83 · 1 h ago · changed by you 1 min ago",
  ],
])("%s", (_what, origin, expected) => expect(words(origin)).toBe(expected));

test("what is not saved yet is mine, or the engine's whose finding I took", () => {
  expect(words()).toBe("by you · not saved yet");
  expect(words(undefined, { ...box, created_by: "sam3@x" })).toBe("by SAM 3 · 0.83 · not saved yet");
});
