/**
 * Undo and redo without limit, for one image.
 *
 * A step keeps what changed, not the scene: 200 steps on 2,000 polygons cost what those steps touched. A history is plain
 * JSON (`JSON.stringify`), so that a journal can keep it and `reviveHistory` can bring it back after a killed tab.
 */
import {
  type Annotation,
  applyChanges,
  type Change,
  type Command,
  invertChanges,
  type Scene,
  UnknownChange,
} from "./scene";

export interface Step {
  readonly label: string;
  readonly changes: readonly Change[];
  /** When it happened or was last added to, milliseconds since 1970. */
  readonly at: number;
  readonly mergeKey?: string;
}

export interface History {
  /** What is to be seen now. */
  readonly scene: Scene;
  /** Oldest first. */
  readonly past: readonly Step[];
  /** What was undone, to be redone from the end. */
  readonly future: readonly Step[];
}

/** Commands of one `mergeKey` are one step while they follow each other within this time. */
export const MERGE_WITHIN_MS = 1000;

export const openHistory = (scene: Scene): History => ({ scene, past: [], future: [] });

/** Return the history after a command. What could be redone is gone, as everywhere. */
export function commit(history: History, command: Command, at: number = Date.now()): History {
  if (command.changes.length === 0) return history;
  const scene = applyChanges(history.scene, command.changes);
  const last = history.past.at(-1);
  if (
    last &&
    command.mergeKey !== undefined &&
    last.mergeKey === command.mergeKey &&
    at - last.at <= MERGE_WITHIN_MS
  ) {
    const changes = mergeChanges(last.changes, command.changes);
    // Nudged there and back: nothing happened.
    const past = history.past.slice(0, -1);
    return { scene, past: changes.length === 0 ? past : [...past, { ...last, changes, at }], future: [] };
  }
  return { scene, past: [...history.past, { ...command, at }], future: [] };
}

export const canUndo = (history: History): boolean => history.past.length > 0;
export const canRedo = (history: History): boolean => history.future.length > 0;

/** Return the history with its last step taken back; the same history if there is none. */
export function undo(history: History): History {
  const step = history.past.at(-1);
  if (!step) return history;
  return {
    scene: applyChanges(history.scene, invertChanges(step.changes)),
    past: history.past.slice(0, -1),
    future: [...history.future, step],
  };
}

/** Return the history with the last undone step done again; the same history if there is none. */
export function redo(history: History): History {
  const step = history.future.at(-1);
  if (!step) return history;
  return {
    scene: applyChanges(history.scene, step.changes),
    // Redone, it is over: what follows does not melt into it.
    past: [...history.past, { ...step, mergeKey: undefined }],
    future: history.future.slice(0, -1),
  };
}

/**
 * Return the scene with other annotations, as one step that can be undone: what somebody else saved, another version.
 *
 * What did not change stays the same object.
 */
export function replaceAll(
  history: History,
  annotations: readonly Annotation[],
  label: string,
  at?: number,
): History {
  return commit(history, { label, changes: changesBetween(history.scene.annotations, annotations) }, at);
}

/** Return changes that lead from one list to the other: few when few annotations differ. */
export function changesBetween(before: readonly Annotation[], after: readonly Annotation[]): Change[] {
  const wanted = new Map(after.map((each) => [each.id, each]));
  const changes: Change[] = [];
  const kept: Annotation[] = [];
  // Last first: then the indexes of those before are still true.
  for (let index = before.length - 1; index >= 0; index -= 1) {
    const annotation = before[index];
    if (!annotation) continue;
    if (wanted.has(annotation.id)) kept.unshift(annotation);
    else changes.push({ kind: "remove", index, annotation });
  }
  after.forEach((annotation, index) => {
    const at =
      kept[index]?.id === annotation.id ? index : kept.findIndex((each) => each.id === annotation.id);
    const old = kept[at];
    if (!old) {
      changes.push({ kind: "add", index, annotation });
      kept.splice(index, 0, annotation);
      return;
    }
    if (at !== index) {
      changes.push({ kind: "remove", index: at, annotation: old }, { kind: "add", index, annotation });
      kept.splice(at, 1);
      kept.splice(index, 0, annotation);
    } else if (old !== annotation && JSON.stringify(old) !== JSON.stringify(annotation)) {
      changes.push({ kind: "replace", index, before: old, after: annotation });
    }
  });
  return changes;
}

/**
 * Return the history from its JSON, or null if it is none: cut off, of another version, or its steps do not fit.
 *
 * All steps are walked once, so a history that comes back can be undone to its beginning and redone to its end.
 */
export function reviveHistory(saved: unknown): History | null {
  if (!isHistory(saved)) return null;
  try {
    for (let walk = saved; canUndo(walk); ) walk = undo(walk);
    for (let walk = saved; canRedo(walk); ) walk = redo(walk);
    return saved;
  } catch (error) {
    if (error instanceof UnknownChange) return null;
    throw error;
  }
}

function isHistory(saved: unknown): saved is History {
  const { scene, past, future } = asRecord(saved);
  const { annotations } = asRecord(scene);
  return (
    Array.isArray(annotations) &&
    annotations.every(isAnnotation) &&
    [past, future].every((steps) => Array.isArray(steps) && steps.every(isStep))
  );
}

function isStep(saved: unknown): boolean {
  const { label, changes } = asRecord(saved);
  return typeof label === "string" && Array.isArray(changes) && changes.every(isChange);
}

function isChange(saved: unknown): boolean {
  const { kind, index, annotation, before, after } = asRecord(saved);
  if (!Number.isInteger(index)) return false;
  if (kind === "replace") return isAnnotation(before) && isAnnotation(after);
  return (kind === "add" || kind === "remove") && isAnnotation(annotation);
}

const isAnnotation = (saved: unknown): boolean => typeof asRecord(saved).id === "string";

const asRecord = (saved: unknown): Record<string, unknown> =>
  typeof saved === "object" && saved !== null ? (saved as Record<string, unknown>) : {};

/** Put two steps that replace the same annotations together; other changes are simply listed one after the other. */
function mergeChanges(earlier: readonly Change[], later: readonly Change[]): Change[] {
  const isReplacing = [...earlier, ...later].every((change) => change.kind === "replace");
  if (!isReplacing) return [...earlier, ...later];
  const merged = new Map<number, Change>();
  for (const change of [...earlier, ...later]) {
    if (change.kind !== "replace") continue;
    const known = merged.get(change.index);
    const before = known?.kind === "replace" ? known.before : change.before;
    merged.set(change.index, { ...change, before });
  }
  return [...merged.values()].filter(
    (change) => change.kind !== "replace" || JSON.stringify(change.before) !== JSON.stringify(change.after),
  );
}
