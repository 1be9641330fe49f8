/** Two people changed one image: what differs, annotation by annotation, and both brought together. */

import type { Annotation } from "@/canvas/scene";
import { isSameAnnotation } from "../documents";

export type Side = "theirs" | "mine";

/** What became of an annotation on one side since both began. */
export type Change = "same" | "added" | "changed" | "deleted";

/** An annotation that is not the same on both sides. `null`: it is not there. */
export interface Difference {
  id: string;
  base: Annotation | null;
  theirs: Annotation | null;
  mine: Annotation | null;
  theirChange: Change;
  myChange: Change;
  /** Both sides touched it, so that a person has to choose; else only one did, and that one is right. */
  isClash: boolean;
  suggestion: Side;
}

export type Picks = ReadonlyMap<string, Side>;

/** Return what differs between theirs and mine, clashes first. */
export function differences(
  base: readonly Annotation[],
  theirs: readonly Annotation[],
  mine: readonly Annotation[],
): Difference[] {
  const [before, there, here] = [byId(base), byId(theirs), byId(mine)];
  const found: Difference[] = [];
  for (const id of new Set([...here.keys(), ...there.keys()])) {
    const [b, t, m] = [before.get(id) ?? null, there.get(id) ?? null, here.get(id) ?? null];
    if (isEqual(t, m)) continue;
    const [theirChange, myChange] = [change(b, t), change(b, m)];
    const isClash = theirChange !== "same" && myChange !== "same";
    const suggestion: Side = myChange === "same" ? "theirs" : "mine";
    found.push({ id, base: b, theirs: t, mine: m, theirChange, myChange, isClash, suggestion });
  }
  return found.sort((one, other) => Number(other.isClash) - Number(one.isClash));
}

/** Return the picks that take everything of one side. */
export function takeAll(found: readonly Difference[], side: Side): Map<string, Side> {
  return new Map(found.map((each) => [each.id, side]));
}

/** Return the picks that keep every change only one side made, and mine where both did. */
export function suggestions(found: readonly Difference[]): Map<string, Side> {
  return new Map(found.map((each) => [each.id, each.suggestion]));
}

/** Bring both together: mine in my order, then what only they have in theirs. */
export function merge(
  theirs: readonly Annotation[],
  mine: readonly Annotation[],
  found: readonly Difference[],
  picks: Picks,
): readonly Annotation[] {
  const chosen = new Map<string, Annotation | null>(
    found.map((each) => [
      each.id,
      (picks.get(each.id) ?? each.suggestion) === "mine" ? each.mine : each.theirs,
    ]),
  );
  const myIds = new Set(mine.map((each) => each.id));
  return [...mine, ...theirs.filter((each) => !myIds.has(each.id))].flatMap((each) => {
    const pick = chosen.get(each.id);
    return pick === undefined ? [each] : pick === null ? [] : [pick];
  });
}

function change(base: Annotation | null, now: Annotation | null): Change {
  if (isEqual(base, now)) return "same";
  if (base === null) return "added";
  return now === null ? "deleted" : "changed";
}

function isEqual(one: Annotation | null, other: Annotation | null): boolean {
  return one === null || other === null ? one === other : isSameAnnotation(one, other);
}

function byId(annotations: readonly Annotation[]): Map<string, Annotation> {
  return new Map(annotations.map((each) => [each.id, each]));
}
