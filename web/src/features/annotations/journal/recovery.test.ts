import { expect, test } from "vitest";
import type { Annotation } from "@/canvas/scene";
import type { StoredAnnotations } from "../documents";
import type { Draft } from "./drafts";
import { obsolete, recover } from "./recovery";

const wish = { status: "complete" as const, datasetName: "cars" };

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
  ["all but the status is there", [draft({ annotations: [box("a")], changes: 0, wish })], "wish"],
  [
    "the status is there too",
    [draft({ annotations: [box("a")], wish: { ...wish, status: "annotate" } })],
    "nothing",
  ],
  ["changes and a status", [draft({ wish })], "replay"],
  [
    "a status for what somebody has changed since",
    [draft({ baseVersion: 3, base: [box("b")], annotations: [box("b")], changes: 0, wish })],
    "outdated wish",
  ],
  ["nothing changed, and somebody saved since", [draft({ base: [], annotations: [] })], "nothing"],
])("%s", (_what, drafts, kind) => expect(recover(drafts, stored).kind).toBe(kind));

test("of two tabs the newest comes back, and the other stays for the next time", () => {
  const older = draft({ tab: "one", changedAt: 1 });
  const newer = draft({ tab: "two", changedAt: 2, annotations: [box("c")] });
  expect(recover([older, newer], stored)).toEqual({ kind: "replay", draft: newer });
  expect(obsolete([older, newer], stored)).toEqual([]);
});

test("a status that waits stays in the journal; one that nobody can set any more does not", () => {
  const waits = draft({ annotations: [box("a")], wish });
  const outdated = draft({ tab: "other", base: [box("b")], annotations: [box("b")], wish });
  expect(obsolete([waits, outdated], stored)).toEqual([outdated]);
});

test("an older state of the same tab is obsolete", () => {
  const older = draft({ baseVersion: 3, changedAt: 1 });
  const newer = draft({ changedAt: 2 });
  expect(obsolete([older, newer], stored)).toEqual([older]);
});
