/** Which keys do what, for one person: a preset, and what they changed in it. */

import { ACTIONS, type ActionId, type KeyAction, PRESETS, type PresetId } from "./actions";

/** What is stored. Only what differs from the preset. */
export interface KeySettings {
  preset: PresetId;
  changed: Partial<Record<ActionId, readonly string[]>>;
}

export const STANDARD: KeySettings = { preset: "standard", changed: {} };

export interface Clash {
  combo: string;
  actions: [ActionId, ActionId];
}

/** The canvas and the browser use these by themselves. */
const TAKEN: ReadonlySet<string> = new Set([
  "F6",
  "F5",
  "F11",
  "F12",
  "Space",
  " ",
  "ArrowUp",
  "ArrowDown",
  "Ctrl+R",
  "Ctrl+T",
  "Ctrl+W",
  "Ctrl+N",
  "Ctrl+L",
  "Ctrl+C",
  "Ctrl+V",
  "Ctrl+X",
]);

const byId = new Map(ACTIONS.map((each) => [each.id, each]));

export function keysOf(settings: KeySettings, id: ActionId): readonly string[] {
  return settings.changed[id] ?? PRESETS[settings.preset].keys[id] ?? byId.get(id)?.keys ?? [];
}

/** Return what a key does; in review the reviewer's keys win over others. */
export function actionFor(settings: KeySettings, combo: string, isReview: boolean): KeyAction | null {
  const meant = ACTIONS.filter((each) => keysOf(settings, each.id).includes(combo));
  const review = isReview ? meant.find((each) => each.isReviewOnly) : undefined;
  return review ?? meant.find((each) => !each.isReviewOnly) ?? null;
}

/** Return keys that two actions want where both can be meant. A review key may be another's outside of review. */
export function clashes(settings: KeySettings): Clash[] {
  const found: Clash[] = [];
  ACTIONS.forEach((one, index) => {
    for (const other of ACTIONS.slice(index + 1)) {
      if (Boolean(one.isReviewOnly) !== Boolean(other.isReviewOnly)) continue;
      const theirs = keysOf(settings, other.id);
      const shared = keysOf(settings, one.id).find((combo) => theirs.includes(combo));
      if (shared !== undefined) found.push({ combo: shared, actions: [one.id, other.id] });
    }
  });
  return found;
}

export type Assignment =
  | { kind: "ok"; settings: KeySettings }
  | { kind: "taken"; by: string }
  | { kind: "clash"; with: KeyAction; settings: KeySettings };

/**
 * Give an action a key in place of its others.
 *
 * On a clash the answer says with which action, and what it would be if that one loses the key.
 */
export function assign(settings: KeySettings, id: ActionId, combo: string): Assignment {
  if (TAKEN.has(combo)) return { kind: "taken", by: "the browser or the canvas" };
  const next = withKeys(settings, id, [combo]);
  const clash = clashes(next).find((each) => each.combo === combo && each.actions.includes(id));
  if (clash === undefined) return { kind: "ok", settings: next };
  const otherId = clash.actions[0] === id ? clash.actions[1] : clash.actions[0];
  const other = byId.get(otherId);
  if (other === undefined) return { kind: "ok", settings: next };
  const without = keysOf(next, otherId).filter((each) => each !== combo);
  return { kind: "clash", with: other, settings: withKeys(next, otherId, without) };
}

/** Return the settings with an action's keys as its preset has them. */
export function reset(settings: KeySettings, id: ActionId): KeySettings {
  const { [id]: _gone, ...changed } = settings.changed;
  return { ...settings, changed };
}

/** Return settings that can be used, whatever the browser's storage held. */
export function checkedSettings(stored: unknown): KeySettings {
  if (typeof stored !== "object" || stored === null) return STANDARD;
  const { preset, changed } = stored as Partial<KeySettings>;
  const kept = Object.entries(typeof changed === "object" && changed !== null ? changed : {}).filter(
    ([id, keys]) =>
      byId.has(id as ActionId) && Array.isArray(keys) && keys.every((key) => typeof key === "string"),
  );
  return { preset: preset === "fd" ? "fd" : "standard", changed: Object.fromEntries(kept) };
}

function withKeys(settings: KeySettings, id: ActionId, keys: readonly string[]): KeySettings {
  return { ...settings, changed: { ...settings.changed, [id]: keys } };
}
