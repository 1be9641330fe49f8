/**
 * The annotations of one image as the editor holds them: exactly the wire's shapes, never changed in place.
 *
 * A scene changes only through a `Command`, a list of `Change`s with a name for people. Tools make commands, `history.ts`
 * applies, undoes and redoes them. What is selected, hidden or locked is no part of the scene: it is neither saved nor undone.
 */
import type { components } from "@/api/schema";
import type { Box } from "./math/box";
import type { ImagePoint } from "./math/point";

interface Common {
  /** The class. */
  readonly name: string;
  readonly confidence: number;
  /** `user:<key id>`, an engine (`sam3@<checkpoint>`) or `model:<id>`; the server fills it in where it is absent. */
  readonly created_by?: string | null;
  readonly attributes?: readonly unknown[];
}

/** At least three points; the last is not repeated. */
export type Ring = readonly ImagePoint[];

export interface BoxGeometry {
  readonly type: "bbox";
  readonly bounding_box: Box;
}

export interface PolygonGeometry {
  readonly type: "polygon";
  readonly bounding_box?: Box | null;
  /** The first ring is the outer one, others are holes. */
  readonly polygon: { readonly paths: readonly Ring[] };
}

export interface PolylineGeometry {
  readonly type: "polyline";
  readonly bounding_box?: Box | null;
  readonly polyline: { readonly path: readonly ImagePoint[] };
}

export interface KeypointGeometry {
  readonly type: "keypoint";
  readonly keypoint: ImagePoint;
}

export type Geometry = BoxGeometry | PolygonGeometry | PolylineGeometry | KeypointGeometry;
export type AnnotationType = Geometry["type"];

/** What can be drawn: an annotation, or what a model proposes, which has no id yet. */
export type Shape = Common & Geometry & { readonly id?: string };

/** An annotation. Assignable from the wire's types; `toWire` is the way back. */
export type Annotation = Common & Geometry & { readonly id: string };

export type WireAnnotation =
  | components["schemas"]["BBoxAnnotation"]
  | components["schemas"]["PolygonAnnotation"]
  | components["schemas"]["PolylineAnnotation"]
  | components["schemas"]["KeypointAnnotation"];

/** In the order of the wire, which is the order of drawing: later ones lie above. */
export interface Scene {
  readonly annotations: readonly Annotation[];
}

/** Ids. */
export type Selection = ReadonlySet<string>;

export const NOTHING_SELECTED: Selection = new Set();

/** What whoever looks has switched off. Kept apart from the scene: it is neither saved nor undone. */
export interface Visibility {
  /** Ids that are not drawn and cannot be clicked. */
  readonly hidden: ReadonlySet<string>;
  /** Ids that are drawn and cannot be clicked. */
  readonly locked: ReadonlySet<string>;
  readonly hiddenClasses: ReadonlySet<string>;
  /** Annotations of less confidence are dimmed or hidden. */
  readonly threshold: number;
  readonly belowThreshold: "dim" | "hide";
}

export const ALL_VISIBLE: Visibility = {
  hidden: new Set(),
  locked: new Set(),
  hiddenClasses: new Set(),
  threshold: 0,
  belowThreshold: "dim",
};

/**
 * One annotation added, removed or replaced. A command's changes happen one after the other, so an `index` counts in
 * the list as the changes before it left it.
 */
export type Change =
  | { readonly kind: "add"; readonly index: number; readonly annotation: Annotation }
  | { readonly kind: "remove"; readonly index: number; readonly annotation: Annotation }
  | {
      readonly kind: "replace";
      readonly index: number;
      readonly before: Annotation;
      readonly after: Annotation;
    };

export interface Command {
  /** For people: «Move 3 annotations». */
  readonly label: string;
  readonly changes: readonly Change[];
  /** Commands that follow each other at once under the same key are one step of the history: nudges by the arrow keys. */
  readonly mergeKey?: string;
}

export class UnknownChange extends Error {}

/** Return the scene of what the server answered. Annotations without an id get one. */
export function sceneFromWire(annotations: readonly WireAnnotation[]): Scene {
  return {
    annotations: annotations.map((each) => (each.id ? { ...each, id: each.id } : { ...each, id: newId() })),
  };
}

/** Return the annotations as the server takes them. */
export function toWire(scene: Scene): WireAnnotation[] {
  // The same JSON; the generated types only lack `readonly`.
  return scene.annotations as unknown as WireAnnotation[];
}

/** Return a new id. Not `crypto.randomUUID`: browsers have that only under https and on localhost. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const positions = new WeakMap<readonly Annotation[], ReadonlyMap<string, number>>();

/** Return where each id stands in the scene; made once for each scene. */
export function indexById(scene: Scene): ReadonlyMap<string, number> {
  const known = positions.get(scene.annotations);
  if (known) return known;
  const made = new Map(scene.annotations.map((each, index) => [each.id, index]));
  positions.set(scene.annotations, made);
  return made;
}

export function findAnnotation(scene: Scene, id: string): Annotation | undefined {
  const index = indexById(scene).get(id);
  return index === undefined ? undefined : scene.annotations[index];
}

/** Return the selected annotations in the scene's order. */
export function selectedAnnotations(scene: Scene, selection: Selection): Annotation[] {
  const at = indexById(scene);
  const found = [...selection].flatMap((id) => at.get(id) ?? []).sort((a, b) => a - b);
  return found.flatMap((index) => scene.annotations[index] ?? []);
}

const ENGINES = new Set(["sam3", "grounded-sam2", "owlv2", "sam2", "grounding_dino", "grounding-dino"]);

/** Return whether an engine or a trained model is named as the maker, not a person (the server's `is_engine`). */
export function isMachineMade(shape: Pick<Shape, "created_by">): boolean {
  const maker = shape.created_by ?? "";
  const at = maker.indexOf("@");
  return maker.startsWith("model:") || (at >= 0 && ENGINES.has(maker.slice(0, at)));
}

export function isBelowThreshold(shape: Shape, visibility: Visibility): boolean {
  return shape.confidence < visibility.threshold;
}

/** Return whether the annotation is drawn at all. */
export function isVisible(annotation: Annotation, visibility: Visibility): boolean {
  return !(
    visibility.hidden.has(annotation.id) ||
    visibility.hiddenClasses.has(annotation.name) ||
    (visibility.belowThreshold === "hide" && isBelowThreshold(annotation, visibility))
  );
}

/** Return whether a click may select the annotation. */
export function isClickable(annotation: Annotation, visibility: Visibility): boolean {
  return isVisible(annotation, visibility) && !visibility.locked.has(annotation.id);
}

/** Return the scene after the changes. Annotations that did not change stay the same objects. */
export function applyChanges(scene: Scene, changes: readonly Change[]): Scene {
  if (changes.length === 0) return scene;
  const annotations = [...scene.annotations];
  for (const change of changes) {
    if (change.kind === "add") {
      if (change.index > annotations.length) throw mismatch(change.annotation, change.index);
      annotations.splice(change.index, 0, change.annotation);
      continue;
    }
    const old = change.kind === "remove" ? change.annotation : change.before;
    if (annotations[change.index]?.id !== old.id) throw mismatch(old, change.index);
    if (change.kind === "remove") annotations.splice(change.index, 1);
    else annotations[change.index] = change.after;
  }
  return { annotations };
}

/** Return the changes that take the given ones back. */
export function invertChanges(changes: readonly Change[]): Change[] {
  return changes.toReversed().map((change): Change => {
    if (change.kind === "replace") return { ...change, before: change.after, after: change.before };
    return { ...change, kind: change.kind === "add" ? "remove" : "add" };
  });
}

/** Return the ids that a command touches and that exist after it. */
export function touchedIds(changes: readonly Change[]): Selection {
  const ids = new Set<string>();
  for (const change of changes) {
    if (change.kind === "remove") ids.delete(change.annotation.id);
    else ids.add(change.kind === "add" ? change.annotation.id : change.after.id);
  }
  return ids;
}

function mismatch(annotation: Annotation, index: number): UnknownChange {
  return new UnknownChange(
    `The change of annotation ${annotation.id} cannot be applied: another one stands at place ${index}. ` +
      "It was made for another state of the image.",
  );
}
