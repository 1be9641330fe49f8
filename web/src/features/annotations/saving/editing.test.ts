import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addAnnotations } from "@/canvas/commands";
import type { Annotation } from "@/canvas/scene";
import type { StoredAnnotations } from "../documents";
import type { Draft } from "../journal/drafts";
import { type Asked, Editing } from "./editing";
import type { SaveProblem } from "./save-machine";

const ME = "user:1";
let sent: Array<{ ids: string[]; asked: ReadonlyMap<string, Asked> }>;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
});
afterEach(() => vi.useRealTimers());

function box(id: string, x = 0, more: Partial<Annotation> = {}): Annotation {
  const geometry = { type: "bbox" as const, bounding_box: { x, y: 0, w: 10, h: 10 } };
  return { id, name: "car", confidence: 1, ...more, ...geometry } as Annotation;
}
const stored = (annotations: Annotation[], version = 3): StoredAnnotations => ({
  version,
  annotations,
  provenance: Object.fromEntries(
    annotations.map(({ id }) => [id, { made_by: "user:2", made_at: "2026-01-01T00:00:00Z" }]),
  ),
  status: "annotate",
});

function open(annotations: Annotation[]) {
  let version = 3;
  return new Editing("image", stored(annotations), {
    place: "here",
    tab: "one",
    me: ME,
    drafts: { put: async () => {}, remove: async () => {}, ofImage: async () => [], ofPlace: async () => [] },
    now: () => Date.now(),
    read: async () => stored([]),
    problemOf: (error) => error as SaveProblem,
    onSaved: () => {},
    send: async (_id, found, _base, asked) => {
      version += 1;
      sent.push({ ids: found.map((each) => each.id), asked: new Map(asked) });
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
  expect(sent[0]?.asked.get("b")).toEqual(asked);
  expect(editing.getState().provenance.b).toMatchObject({
    made_by: "sam3@x",
    prompt: "stop sign",
    confidence: 0.8,
  });
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
