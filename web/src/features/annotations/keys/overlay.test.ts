/** The overlay on `?` tells all that keys do: what the canvas does by itself is tried out, not believed. */

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { boxAt, Hand, polygonOf } from "@/canvas/testing";
import { TOOLS } from "@/canvas/tools/all-tools";
import type { Tool } from "@/canvas/tools/tool";
import { ACTIONS } from "./actions";
import { comboOf } from "./combo";
import { FIXED } from "./fixed";
import { FIXED_GROUPS, GROUPS } from "./keys-dialog";

const CANVAS = resolve(__dirname, "../../../canvas");
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz0123456789+-=\\/?.,"];
const NAMED = [
  "Enter",
  "Escape",
  "Delete",
  "Backspace",
  "Tab",
  "Home",
  "End",
  "PageUp",
  "PageDown",
  "Insert",
];
const KEYS = [...LETTERS, ...NAMED, "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "F2", "F3", "F6"];
const HELD = [{}, { shift: true }, { alt: true }, { mod: true }];

type Held = { shift?: boolean; alt?: boolean; mod?: boolean };
type Begin = (tool: Tool) => Hand<unknown>;

/** What somebody may be at when they press a key. */
const SITUATIONS: Record<string, Begin> = {
  nothing: (tool) => new Hand(tool, [boxAt("b", 50, 50, 40, 40)]),
  selected: (tool) => new Hand(tool, [boxAt("b", 50, 50, 40, 40)]).select("b"),
  "a corner": (tool) =>
    new Hand(tool, [
      polygonOf("p", [
        [50, 50],
        [90, 50],
        [90, 90],
        [50, 90],
      ]),
    ])
      .select("p")
      .click([50, 50]),
  drawing: (tool) => new Hand(tool).clicks([20, 20], [80, 20], [80, 80]),
};

function outcome(hand: Hand<unknown>): string {
  const { annotations, state, prompts, notices, selection } = hand;
  return JSON.stringify([annotations, state, prompts, notices, [...selection]]);
}

function comboWith(key: string, { shift = false, alt = false, mod = false }: Held): string {
  return comboOf({ key, shiftKey: shift, altKey: alt, ctrlKey: mod, metaKey: false }) ?? key;
}

/** The keys a tool does something with; a modifier that makes no difference is none. */
function bindingsOf(tool: Tool, begin: Begin): string[] {
  return KEYS.flatMap((key) =>
    HELD.flatMap((held) => {
      if (!begin(tool).isHandled(key, held)) return [];
      const isPlain = held === HELD[0];
      if (
        !isPlain &&
        begin(tool).isHandled(key) &&
        outcome(begin(tool).key(key)) === outcome(begin(tool).key(key, held))
      )
        return [];
      return [comboWith(key, held)];
    }),
  );
}

const told = new Set([
  ...ACTIONS.flatMap((each) => each.keys),
  ...FIXED.flatMap((each) => each.combos ?? []),
]);

test.each(
  TOOLS.flatMap((tool) =>
    Object.entries(SITUATIONS).map(([name, begin]) => [tool.id, name, tool, begin] as const),
  ),
)("%s, %s: every key it knows is told", (_id, _name, tool, begin) => {
  expect(bindingsOf(tool, begin).filter((combo) => !told.has(combo))).toEqual([]);
});

test("the test sees what tools do", () => {
  const [select] = TOOLS;
  if (!select || !SITUATIONS.selected) throw new Error("no tool");
  const found = bindingsOf(select, SITUATIONS.selected);
  expect(found).toEqual(expect.arrayContaining(["ArrowLeft", "Shift+ArrowLeft", "Alt+ArrowLeft", "Ctrl+D"]));
  expect(found).not.toContain("Shift+Delete");
});

/** Where the canvas asks for a modifier, and what the overlay says about it. */
const MODIFIERS: Record<string, string[]> = {
  "input.ts alt": ["Alt+wheel", "← → ↑ ↓"],
  "input.ts shift": ["Shift+wheel", "← → ↑ ↓"],
  "input.ts ctrl": ["Wheel"],
  "tools/box-drawing.ts shift": ["Shift, drawing a box"],
  "tools/box-drawing.ts alt": ["Alt, drawing a box"],
  "tools/edit-keys.ts shift": ["← → ↑ ↓"],
  "tools/edit-keys.ts alt": ["Alt+← → ↑ ↓"],
  "tools/edit-keys.ts ctrl": [],
  "tools/line-drawing.ts shift": [],
  "tools/line-drawing.ts ctrl": ["Backspace, Ctrl+Z"],
  "tools/polygon.ts alt": ["Alt, drawing a polygon"],
  "tools/select.ts shift": ["Shift or Ctrl and click", "Shift and drag"],
  "tools/select.ts alt": ["Alt and click", "Alt and click a corner"],
  "tools/select.ts ctrl": ["Shift or Ctrl and click"],
  "tools/smart-box.ts ctrl": [],
  "tools/smart-points.ts alt": ["Alt or right click"],
  "tools/smart-points.ts ctrl": [],
};

test("every place of the canvas that asks for a modifier is told", () => {
  const files = ["input.ts", ...readdirSync(join(CANVAS, "tools")).map((name) => `tools/${name}`)];
  const asked = files
    .filter((name) => !name.includes(".test."))
    .flatMap((name) => {
      const source = readFileSync(join(CANVAS, name), "utf8");
      const found = [...source.matchAll(/event\.(shift|alt|mod|ctrl|meta)(?:Key)?\b/g)].map(([, which]) =>
        which === "mod" || which === "meta" ? "ctrl" : which,
      );
      return [...new Set(found)].map((which) => `${name} ${which}`);
    });
  expect(asked.sort()).toEqual(Object.keys(MODIFIERS).sort());
  const keys = FIXED.map((each) => each.keys);
  expect(
    Object.values(MODIFIERS)
      .flat()
      .filter((each) => !keys.includes(each)),
  ).toEqual([]);
});

test("everything that is told is in a group that is shown", () => {
  expect(ACTIONS.filter((each) => !GROUPS.includes(each.group))).toEqual([]);
  expect(FIXED.filter((each) => !FIXED_GROUPS.includes(each.group))).toEqual([]);
});
