import { expect, test } from "vitest";
import type { Annotation } from "@/canvas/scene";
import type { StoredAnnotations } from "../documents";
import type { Draft } from "./drafts";
import { obsolete, recover } from "./recovery";

const box = (id: string): Annotation => ({
  id,
  name: "car",
  type: "bbox",
  bounding_box: { x: 0, y: 0, w: 1, h: 1 },
  confidence: 1,
});
const stored: StoredAnnotations = { version: 4, annotations: [box("a")], provenance: {}, status: "annotate" };

function draft(given: Partial<Draft>): Draft {
  const base = {
    place: "here",
    imageId: "i",
    baseVersion: 4,
    tab: "t",
    sent: null,
    changes: 1,
    changedAt: 0,
  };
  return { ...base, base: [box("a")], annotations: [box("a"), box("b")], ...given };
}

test.each<[string, Draft[], string]>([
  ["no draft", [], "nothing"],
  ["the server has it", [draft({ annotations: [box("a")] })], "nothing"],
  ["nobody saved since", [draft({})], "replay"],
  ["the version moved without a difference", [draft({ baseVersion: 3 })], "replay"],
  ["what was on its way had arrived", [draft({ baseVersion: 3, base: [], sent: [box("a")] })], "replay"],
  ["somebody else saved", [draft({ baseVersion: 3, base: [] })], "conflict"],
])("%s", (_what, drafts, kind) => expect(recover(drafts, stored).kind).toBe(kind));

test("of two tabs the newest comes back, and the other stays for the next time", () => {
  const older = draft({ tab: "one", changedAt: 1 });
  const newer = draft({ tab: "two", changedAt: 2, annotations: [box("c")] });
  expect(recover([older, newer], stored)).toEqual({ kind: "replay", draft: newer });
  expect(obsolete([older, newer], stored)).toEqual([]);
});

test("an older state of the same tab is obsolete", () => {
  const older = draft({ baseVersion: 3, changedAt: 1 });
  const newer = draft({ changedAt: 2 });
  expect(obsolete([older, newer], stored)).toEqual([older]);
});
