/** The commands that tools and the page share: add, remove, replace, move, duplicate, another class, another order. */
import { type Box, boxUnion, limitMove } from "./math/box";
import type { ImagePoint, Size } from "./math/point";
import {
  type Annotation,
  type Change,
  type Command,
  type Geometry,
  indexById,
  type Scene,
  type Selection,
  type Shape,
  selectedAnnotations,
} from "./scene";
import { boundsOf, moveShape, withBox } from "./shape";

/** Coordinates are kept to a hundredth of a pixel: finer than anybody points, and short on the wire. */
export const rounded = (point: ImagePoint): ImagePoint => ({
  x: Math.round(point.x * 100) / 100,
  y: Math.round(point.y * 100) / 100,
});

/** Return a new annotation of a person. */
export const newAnnotation = (id: string, className: string, geometry: Geometry): Annotation => ({
  id,
  name: className,
  ...withBox(geometry),
  confidence: 1,
  attributes: [],
});

export function addAnnotations(scene: Scene, added: readonly Annotation[], label?: string): Command {
  const changes = added.map((annotation, at): Change => {
    return { kind: "add", index: scene.annotations.length + at, annotation };
  });
  return { label: label ?? `Add ${countOf(added)}`, changes };
}

export function removeAnnotations(scene: Scene, ids: Selection, label?: string): Command {
  const removed = selectedAnnotations(scene, ids);
  const at = indexById(scene);
  const changes = removed
    .toReversed()
    .map((annotation): Change => ({ kind: "remove", index: at.get(annotation.id) ?? 0, annotation }));
  return { label: label ?? `Delete ${countOf(removed)}`, changes };
}

/** Return the command that puts changed annotations in the place of those with their ids. */
export function replaceAnnotations(
  scene: Scene,
  changed: readonly Annotation[],
  label: string,
  mergeKey?: string,
): Command {
  const at = indexById(scene);
  const changes = changed.flatMap((after): Change[] => {
    const index = at.get(after.id);
    const before = index === undefined ? undefined : scene.annotations[index];
    return index === undefined || !before || before === after
      ? []
      : [{ kind: "replace", index, before, after }];
  });
  return { label, changes, mergeKey };
}

/** Move by a vector, as far as the image reaches. */
export function moveAnnotations(
  scene: Scene,
  ids: Selection,
  by: readonly [number, number],
  image: Size,
  mergeKey?: string,
): Command {
  const chosen = selectedAnnotations(scene, ids);
  const [dx, dy] = limitedMove(chosen, by[0], by[1], image);
  const label = `Move ${countOf(chosen)}`;
  if (dx === 0 && dy === 0) return { label, changes: [] };
  return replaceAnnotations(
    scene,
    chosen.map((each) => moveShape(each, dx, dy)),
    label,
    mergeKey,
  );
}

/** Return the part of a move that keeps the annotations, taken together, in the image. */
export function limitedMove(
  annotations: readonly Annotation[],
  dx: number,
  dy: number,
  image: Size,
): readonly [number, number] {
  const around = boundsOfAll(annotations);
  return around ? limitMove(around, dx, dy, image) : [0, 0];
}

/** Return the tightest box around all of them, or null around none. */
export function boundsOfAll(annotations: readonly Annotation[]): Box | null {
  const [first, ...rest] = annotations.map(boundsOf);
  return first ? rest.reduce(boxUnion, first) : null;
}

/** Return copies a little beside, and their ids to be selected. A copy is a person's word, whoever made the first. */
export function duplicateAnnotations(
  scene: Scene,
  ids: Selection,
  offset: number,
  image: Size,
  newId: () => string,
): { command: Command; selection: Selection } {
  const chosen = selectedAnnotations(scene, ids);
  const [dx, dy] = limitedMove(chosen, offset, offset, image);
  const copies = chosen.map((each): Annotation => {
    const { created_by: _maker, ...copy } = moveShape(each, dx, dy);
    return { ...copy, id: newId(), confidence: 1 } as Annotation;
  });
  const command = addAnnotations(scene, copies, `Duplicate ${countOf(chosen)}`);
  return { command, selection: new Set(copies.map(({ id }) => id)) };
}

export function setClass(scene: Scene, ids: Selection, className: string): Command {
  const changed = selectedAnnotations(scene, ids)
    .filter((each) => each.name !== className)
    .map((each) => ({ ...each, name: className }));
  return replaceAnnotations(scene, changed, `Make ${countOf(changed)} «${className}»`);
}

/** Draw the selected above or below all others. */
export function reorderAnnotations(scene: Scene, ids: Selection, to: "front" | "back"): Command {
  const chosen = selectedAnnotations(scene, ids);
  const removal = removeAnnotations(scene, ids).changes;
  const start = to === "front" ? scene.annotations.length - chosen.length : 0;
  const changes = chosen.map((annotation, at): Change => ({ kind: "add", index: start + at, annotation }));
  const label = `${to === "front" ? "Bring" : "Send"} ${countOf(chosen)} to the ${to}`;
  return { label, changes: [...removal, ...changes] };
}

/** Return the command that takes a model's proposals, under the class; maker and confidence stay theirs. */
export function acceptShapes(
  scene: Scene,
  shapes: readonly Shape[],
  className: string,
  newId: () => string,
): { command: Command; selection: Selection } {
  const known = indexById(scene);
  const accepted = shapes.map((shape): Annotation => {
    const id = shape.id && !known.has(shape.id) ? shape.id : newId();
    return { ...shape, name: className, id };
  });
  const command = addAnnotations(scene, accepted, `Accept ${countOf(accepted)}`);
  return { command, selection: new Set(accepted.map(({ id }) => id)) };
}

/** Return «car» for one, «3 annotations» for more. */
export function countOf(annotations: readonly Shape[]): string {
  const only = annotations.length === 1 ? annotations[0] : undefined;
  return only ? `«${only.name}»` : `${annotations.length} annotations`;
}
