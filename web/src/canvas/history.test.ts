import { describe, expect, test } from "vitest";
import { addAnnotations, moveAnnotations, removeAnnotations, reorderAnnotations, setClass } from "./commands";
import {
  canRedo,
  canUndo,
  changesBetween,
  commit,
  type History,
  MERGE_WITHIN_MS,
  openHistory,
  redo,
  replaceAll,
  reviveHistory,
  undo,
} from "./history";
import { type Annotation, applyChanges, type Command, invertChanges, UnknownChange } from "./scene";
import { boxAt, keypointAt, polygonOf } from "./testing";

const image = { width: 400, height: 300 };
const start = [
  boxAt("a", 10, 10, 20, 20),
  polygonOf("b", [
    [50, 50],
    [90, 50],
    [70, 90],
  ]),
  keypointAt("c", 5, 5),
];
const ids = (history: History) => history.scene.annotations.map(({ id }) => id);
const only = (...names: string[]) => new Set(names);

describe("undo and redo", () => {
  test("each command is taken back and done again, with its label", () => {
    let history = openHistory({ annotations: start });
    const scenes = [history.scene];
    const does = (make: (history: History) => Command) => {
      history = commit(history, make(history));
      scenes.push(history.scene);
    };
    does(({ scene }) => addAnnotations(scene, [boxAt("d", 1, 1, 2, 2), boxAt("e", 3, 3, 2, 2)]));
    does(({ scene }) => removeAnnotations(scene, only("a", "d")));
    does(({ scene }) => moveAnnotations(scene, only("b", "c"), [7, -3], image));
    does(({ scene }) => setClass(scene, only("b"), "tree"));
    does(({ scene }) => reorderAnnotations(scene, only("b"), "front"));
    expect(ids(history)).toEqual(["c", "e", "b"]);
    expect(history.past.map(({ label }) => label)).toEqual([
      "Add 2 annotations",
      "Delete 2 annotations",
      "Move 2 annotations",
      "Make «tree» «tree»",
      "Bring «tree» to the front",
    ]);
    for (let at = scenes.length - 2; at >= 0; at -= 1) {
      history = undo(history);
      expect(history.scene).toEqual(scenes[at]);
    }
    expect(canUndo(history)).toBe(false);
    for (let at = 1; at < scenes.length; at += 1) {
      history = redo(history);
      expect(history.scene).toEqual(scenes[at]);
    }
    expect(canRedo(history)).toBe(false);
  });

  test("a new command after undo: what was undone is gone", () => {
    let history = openHistory({ annotations: start });
    history = undo(commit(history, removeAnnotations(history.scene, only("a"))));
    history = commit(history, removeAnnotations(history.scene, only("b")));
    expect(canRedo(history)).toBe(false);
    expect(ids(history)).toEqual(["a", "c"]);
  });

  test("at both ends nothing happens", () => {
    const history = openHistory({ annotations: start });
    expect(undo(history)).toBe(history);
    expect(redo(history)).toBe(history);
    expect(commit(history, { label: "Nothing", changes: [] })).toBe(history);
  });

  test("a change of another scene is refused, and the scene stays", () => {
    const history = openHistory({ annotations: start });
    const other = removeAnnotations({ annotations: [boxAt("x", 0, 0, 1, 1)] }, only("x"));
    expect(() => commit(history, other)).toThrow(UnknownChange);
    expect(ids(history)).toEqual(["a", "b", "c"]);
  });
});

describe("merging", () => {
  const nudge = (history: History, by: [number, number], at: number) =>
    commit(history, moveAnnotations(history.scene, only("a"), by, image, "nudge a"), at);

  test("nudges that follow each other are one step", () => {
    let history = openHistory({ annotations: start });
    for (let step = 0; step < 10; step += 1) history = nudge(history, [1, 0], step * 100);
    expect(history.past).toHaveLength(1);
    expect(history.scene.annotations[0]).toMatchObject({ bounding_box: { x: 20, y: 10 } });
    expect(undo(history).scene.annotations).toEqual(start);
  });

  test("a pause begins another step, and so does another key", () => {
    let history = nudge(openHistory({ annotations: start }), [1, 0], 0);
    history = nudge(history, [1, 0], MERGE_WITHIN_MS + 1);
    expect(history.past).toHaveLength(2);
    history = commit(history, moveAnnotations(history.scene, only("a"), [1, 0], image), MERGE_WITHIN_MS + 2);
    expect(history.past).toHaveLength(3);
  });

  test("there and back is no step at all", () => {
    const history = nudge(nudge(openHistory({ annotations: start }), [1, 0], 0), [-1, 0], 1);
    expect(history.past).toEqual([]);
  });

  test("nothing melts into a step that was redone", () => {
    let history = nudge(openHistory({ annotations: start }), [1, 0], 0);
    history = nudge(redo(undo(history)), [1, 0], 1);
    expect(history.past).toHaveLength(2);
  });
});

describe("a journal", () => {
  function worked(): History {
    let history = openHistory({ annotations: start });
    history = commit(history, addAnnotations(history.scene, [boxAt("d", 1, 1, 2, 2)]));
    history = commit(history, setClass(history.scene, only("a"), "tree"));
    return undo(commit(history, removeAnnotations(history.scene, only("b"))));
  }

  test("comes back from JSON with everything to undo and redo", () => {
    const saved = JSON.stringify(worked());
    const history = reviveHistory(JSON.parse(saved));
    expect(JSON.stringify(history)).toBe(saved);
    expect(history && ids(redo(history))).toEqual(["a", "c", "d"]);
    expect(history && undo(undo(history)).scene.annotations).toEqual(start);
  });

  test.each([
    ["nothing", null],
    ["a word", "history"],
    ["no steps", { scene: { annotations: [] } }],
    ["cut off", { ...worked(), past: [{ label: "Add" }] }],
    [
      "a change without annotation",
      { ...worked(), past: [{ label: "Add", changes: [{ kind: "add", index: 0 }] }] },
    ],
    ["steps of another image", { ...worked(), scene: { annotations: [boxAt("z", 0, 0, 1, 1)] } }],
  ])("what does not fit is none: %s", (_, saved) => expect(reviveHistory(saved)).toBeNull());
});

describe("changesBetween", () => {
  const [a, b, c] = start as [Annotation, Annotation, Annotation];
  const d = boxAt("d", 1, 1, 2, 2);
  test.each([
    ["nothing", [a, b, c], 0],
    ["an equal copy", [{ ...a }, b, c], 0],
    ["one changed", [a, { ...b, name: "tree" }, c], 1],
    ["one gone", [a, c], 1],
    ["one more, first", [d, a, b, c], 1],
    ["one instead of another", [a, d, c], 2],
    ["turned around", [c, b, a], 4],
    ["all gone", [], 3],
  ])("%s", (_, after, count) => {
    const changes = changesBetween(start, after);
    expect(changes).toHaveLength(count);
    const scene = applyChanges({ annotations: start }, changes);
    expect(scene.annotations).toEqual(after);
    expect(applyChanges(scene, invertChanges(changes)).annotations).toEqual(start);
  });

  test("what somebody else saved is one step, and can be undone", () => {
    const history = replaceAll(openHistory({ annotations: start }), [c, d], "Take theirs");
    expect(ids(history)).toEqual(["c", "d"]);
    expect(undo(history).scene.annotations).toEqual(start);
    expect(history.scene.annotations[0]).toBe(c);
  });
});

test("300 steps on 2,000 polygons keep what they touched, not 300 scenes", () => {
  const ring = Array.from({ length: 20 }, (_, at): [number, number] => [10 + at, 10 + ((at * 7) % 20)]);
  const many = Array.from({ length: 2000 }, (_, at) => polygonOf(`p${at}`, ring));
  let history = openHistory({ annotations: many });
  for (let step = 0; step < 300; step += 1) {
    history = commit(history, moveAnnotations(history.scene, only(`p${step}`), [1, 1], image));
  }
  // Two polygons a step and the scene once; 300 scenes would be 300 MB.
  expect(JSON.stringify(history.past).length).toBeLessThan(1_000_000);
  expect(history.scene.annotations[1999]).toBe(many[1999]);
  while (canUndo(history)) history = undo(history);
  expect(history.scene.annotations).toEqual(many);
});
