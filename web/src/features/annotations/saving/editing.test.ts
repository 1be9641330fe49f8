import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  addAnnotations,
  duplicateAnnotations,
  moveAnnotations,
  removeAnnotations,
  setClass,
} from "@/canvas/commands";
import type { Annotation } from "@/canvas/scene";
import { isCorrected, type StoredAnnotations, type Taken } from "../documents";
import type { Draft } from "../journal/drafts";
import { Editing } from "./editing";
import type { SaveProblem } from "./save-machine";

const ME = "user:1";
let sent: Array<{ ids: string[]; taken: Readonly<Record<string, Taken>>; corrected: string[] }>;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
});
afterEach(() => vi.useRealTimers());

function box(id: string, x = 0, more: Partial<Annotation> = {}): Annotation {
  const geometry = { type: "bbox" as const, bounding_box: { x, y: 0, w: 10, h: 10 } };
  return { id, name: "car", confidence: 1, ...more, ...geometry } as Annotation;
}
const stored = (
  annotations: Annotation[],
  version = 3,
  provenance?: StoredAnnotations["provenance"],
): StoredAnnotations => ({
  version,
  annotations,
  provenance:
    provenance ??
    Object.fromEntries(
      annotations.map(({ id }) => [id, { made_by: "user:2", made_at: "2026-01-01T00:00:00Z" }]),
    ),
  status: "annotate",
});

function open(annotations: Annotation[], provenance?: StoredAnnotations["provenance"]) {
  let version = 3;
  return new Editing("image", stored(annotations, 3, provenance), {
    place: "here",
    tab: "one",
    me: ME,
    drafts: { put: async () => {}, remove: async () => {}, ofImage: async () => [], ofPlace: async () => [] },
    now: () => Date.now(),
    read: async () => stored([]),
    problemOf: (error) => error as SaveProblem,
    onSaved: () => {},
    setStatus: async () => {},
    onWishSettled: () => {},
    send: async (_id, found, _base, taken) => {
      version += 1;
      const corrected = found.filter((each) => taken[each.id] && isCorrected(taken[each.id] as Taken, each));
      sent.push({ ids: found.map((each) => each.id), taken, corrected: corrected.map((each) => each.id) });
      return { version, status: "annotate" };
    },
  });
}
const ids = (editing: Editing) => editing.scene.annotations.map((each) => each.id);

test("undo and redo are saved like any change", async () => {
  const editing = open([box("a")]);
  editing.commit(addAnnotations(editing.scene, [box("b")]));
  await vi.advanceTimersByTimeAsync(2000);
  expect(editing.undo()).toBe("Add «car»");
  expect(ids(editing)).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(2000);
  editing.redo();
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent.map((each) => each.ids)).toEqual([["a", "b"], ["a"], ["a", "b"]]);
  expect(editing.undo()).toBe("Add «car»");
  expect(editing.undo()).toBeNull();
});

test("what an engine was asked is sent with what it found, and known at once", async () => {
  const editing = open([]);
  const found = box("b", 0, { created_by: "sam3@x", confidence: 0.8 });
  const asked = { engine: "sam3@x", prompt: "stop sign", threshold: 0.3 };
  editing.commit(addAnnotations(editing.scene, [found]), asked);
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent[0]).toMatchObject({ taken: { b: asked }, corrected: [] });
  expect(editing.getState().provenance.b).toMatchObject({
    made_by: "sam3@x",
    prompt: "stop sign",
    confidence: 0.8,
  });
});

test("a finding that is corrected before its first save is a person's correction", async () => {
  const editing = open([]);
  const found = box("b", 0, { created_by: "sam3@x", confidence: 0.8 });
  editing.commit(addAnnotations(editing.scene, [found]), {
    engine: "sam3@x",
    prompt: "1 click",
    threshold: 0.3,
  });
  editing.commit(moveAnnotations(editing.scene, new Set(["b"]), [3, 0], { width: 100, height: 100 }));
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent[0]?.corrected).toEqual(["b"]);
  expect(editing.getState().provenance.b).toMatchObject({
    made_by: "sam3@x",
    prompt: "1 click",
    edited_by: ME,
  });
});

test("a correction that is taken back before the first save is none", async () => {
  const editing = open([]);
  const found = box("b", 0, { created_by: "sam3@x" });
  editing.commit(addAnnotations(editing.scene, [found]), { engine: "sam3@x", threshold: 0.3 });
  editing.commit(setClass(editing.scene, new Set(["b"]), "bus"));
  editing.undo();
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent[0]).toMatchObject({ ids: ["b"], corrected: [] });
  expect(editing.getState().provenance.b?.edited_by).toBeUndefined();
});

test("a correction that is deleted, saved so, and brought back is one still", async () => {
  const found = box("b", 0, { created_by: "sam3@x" });
  const editing = open([found], {
    b: { made_by: "sam3@x", made_at: "", prompt: "car", edited_by: "user:2" },
  });
  editing.commit(removeAnnotations(editing.scene, new Set(["b"])));
  await vi.advanceTimersByTimeAsync(2000);
  editing.undo();
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent.map((each) => each.ids)).toEqual([[], ["b"]]);
  expect(sent[1]).toMatchObject({ taken: { b: { engine: "sam3@x", prompt: "car" } }, corrected: ["b"] });
});

test("a tab killed before the first save: its correction stays one", async () => {
  const editing = open([]);
  const found = box("b", 0, { created_by: "sam3@x" });
  const taken = { b: { engine: "sam3@x", prompt: "car", threshold: 0.3, found } };
  const base = { place: "here", imageId: "image", baseVersion: 3, tab: "killed", sent: null, changedAt: 0 };
  editing.recover({ ...base, base: [], annotations: [{ ...found, name: "bus" }], changes: 2, taken });
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent[0]).toMatchObject({ taken: { b: { prompt: "car" } }, corrected: ["b"] });
});

test("a copy of a finding is a person's", async () => {
  const found = box("b", 0, { created_by: "sam3@x", confidence: 0.8 });
  const editing = open([found]);
  const size = { width: 100, height: 100 };
  editing.commit(duplicateAnnotations(editing.scene, new Set(["b"]), 5, size, () => "copy").command);
  const copy = editing.scene.annotations[1];
  expect(copy).toMatchObject({ id: "copy", confidence: 1 });
  expect(copy?.created_by).toBeUndefined();
});

test("who made an annotation stays, and who changed it is added", async () => {
  const editing = open([box("a"), box("b")]);
  editing.replace([box("a", 5), box("b"), box("c")], "Change");
  await vi.advanceTimersByTimeAsync(2000);
  const { a, b, c } = editing.getState().provenance;
  expect(a).toMatchObject({ made_by: "user:2", edited_by: ME });
  expect(b?.edited_by).toBeUndefined();
  expect(c).toMatchObject({ made_by: ME });
});

test("recovered changes are a step: they can be discarded, and that undone", async () => {
  const editing = open([box("a")]);
  const draft: Draft = {
    place: "here",
    imageId: "image",
    baseVersion: 3,
    tab: "killed",
    base: [box("a")],
    annotations: [box("a"), box("b")],
    sent: null,
    changes: 2,
    changedAt: 0,
  };
  editing.recover(draft);
  expect(ids(editing)).toEqual(["a", "b"]);
  expect(editing.getState().news).toMatchObject({ kind: "recovered", changes: 2 });
  editing.discardRecovered();
  expect(ids(editing)).toEqual(["a"]);
  expect(editing.getState().news).toBeNull();
  editing.undo();
  expect(ids(editing)).toEqual(["a", "b"]);
});

test("somebody else's save is shown, not saved again", async () => {
  const editing = open([box("a")]);
  editing.update(stored([box("a"), box("theirs")], 4));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ids(editing)).toEqual(["a", "theirs"]);
  expect(sent).toEqual([]);
  expect(editing.getState().saver.save).toMatchObject({ version: 4, changes: 0 });
});
