import { expect, test } from "vitest";
import { ACTIONS } from "./actions";
import { comboOf, comboWords } from "./combo";
import {
  actionFor,
  assign,
  checkedSettings,
  clashes,
  type KeySettings,
  keysOf,
  reset,
  STANDARD,
} from "./key-map";

const FD: KeySettings = { preset: "fd", changed: {} };
const press = (
  key: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {},
) => comboOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

test.each([
  ["a letter", press("b"), "B"],
  ["a letter with Caps Lock", press("B"), "B"],
  ["a letter with Shift", press("H", { shiftKey: true }), "Shift+H"],
  ["undo", press("z", { ctrlKey: true }), "Ctrl+Z"],
  ["undo on a Mac", press("z", { metaKey: true }), "Ctrl+Z"],
  ["redo", press("Z", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+Z"],
  ["a question mark needs Shift on most keyboards", press("?", { shiftKey: true }), "?"],
  ["a named key with Shift", press("Tab", { shiftKey: true }), "Shift+Tab"],
  ["a modifier alone", press("Shift", { shiftKey: true }), null],
])("%s", (_what, combo, expected) => expect(combo).toBe(expected));

test("keys in words", () => {
  expect(comboWords("Ctrl+Shift+Z")).toBe("Ctrl+Shift+Z");
  expect(comboWords("Ctrl+Z", true)).toBe("⌘+Z");
  expect(comboWords("ArrowLeft")).toBe("←");
  expect(comboWords("+")).toBe("+");
  expect(comboWords("Ctrl++")).toBe("Ctrl++");
});

test.each([
  ["standard", STANDARD],
  ["fd", FD],
])("no key of the preset %s means two things", (_name, settings) => {
  expect(clashes(settings)).toEqual([]);
});

test("every action has a key and every id stands once", () => {
  expect(new Set(ACTIONS.map((each) => each.id)).size).toBe(ACTIONS.length);
  expect(ACTIONS.filter((each) => keysOf(STANDARD, each.id).length === 0)).toEqual([]);
});

test("presets", () => {
  expect(actionFor(STANDARD, "D", false)?.id).toBe("next-image");
  expect(actionFor(FD, "D", false)?.id).toBe("previous-image");
  expect(actionFor(FD, "F", false)?.id).toBe("next-image");
  expect(actionFor(FD, "A", false)).toBeNull();
});

test("a reviewer's keys mean something else outside of review", () => {
  expect(actionFor(STANDARD, "Y", true)?.id).toBe("review-approve");
  expect(actionFor(STANDARD, "Y", false)).toBeNull();
  expect(actionFor(STANDARD, "X", false)).toBeNull();
});

test("a free key is given", () => {
  const given = assign(STANDARD, "tool-box", "Q");
  if (given.kind !== "ok") throw new Error(given.kind);
  expect(actionFor(given.settings, "Q", false)?.id).toBe("tool-box");
  expect(actionFor(given.settings, "B", false)).toBeNull();
  expect(keysOf(reset(given.settings, "tool-box"), "tool-box")).toEqual(["B"]);
});

test("a clash is said, and can be settled by taking the key away", () => {
  const given = assign(STANDARD, "tool-box", "D");
  if (given.kind !== "clash") throw new Error(given.kind);
  expect(given.with.id).toBe("next-image");
  expect(clashes(given.settings)).toEqual([]);
  expect(keysOf(given.settings, "next-image")).toEqual(["ArrowRight"]);
});

test("keys of the browser are not given away", () => {
  expect(assign(STANDARD, "tool-box", "Ctrl+W").kind).toBe("taken");
});

test("what storage holds is checked", () => {
  expect(checkedSettings(null)).toEqual(STANDARD);
  expect(checkedSettings({ preset: "fd", changed: { nonsense: ["Q"], "tool-box": ["Q"], undo: 3 } })).toEqual(
    {
      preset: "fd",
      changed: { "tool-box": ["Q"] },
    },
  );
});
