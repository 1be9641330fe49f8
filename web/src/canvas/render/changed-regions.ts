/** Where two pictures of the shapes differ. */
import type { Box } from "../math/box";
import { type Annotation, findAnnotation, indexById } from "../scene";
import { boundsOf } from "../shape";
import type { ShapesPicture } from "./shapes-layer";

/** With more changed shapes than this, painting everything anew is less work. */
const MANY = 60;

/** Return the boxes to paint over, in image pixels; «all» if colours or visibility changed, or very much did. */
export function changedRegions(before: ShapesPicture, after: ShapesPicture): readonly Box[] | "all" {
  if (before.look !== after.look || before.showLabels !== after.showLabels) return "all";
  const regions: Box[] = [];
  for (const annotation of changedAnnotations(before, after)) {
    regions.push(boundsOf(annotation));
    if (regions.length > MANY) return "all";
  }
  return regions;
}

function* changedAnnotations(before: ShapesPicture, after: ShapesPicture): Iterable<Annotation> {
  if (before.leftOut !== after.leftOut) {
    for (const [one, other] of [
      [before, after],
      [after, before],
    ] as const) {
      for (const id of one.leftOut) {
        const annotation = other.leftOut.has(id) ? undefined : findAnnotation(one.scene, id);
        if (annotation) yield annotation;
      }
    }
  }
  if (before.scene.annotations === after.scene.annotations) return;
  yield* missingIn(after, before);
  yield* missingIn(before, after);
}

/** Yield what `has` holds and `other` holds not, or not in this form or at another height. */
function* missingIn(other: ShapesPicture, has: ShapesPicture): Iterable<Annotation> {
  const isSameOrder = other.scene.annotations.length === has.scene.annotations.length;
  const at = indexById(other.scene);
  for (const [index, annotation] of has.scene.annotations.entries()) {
    if (other.scene.annotations[index] === annotation) continue;
    const place = at.get(annotation.id);
    const same = place === undefined ? undefined : other.scene.annotations[place];
    if (same !== annotation || (isSameOrder && place !== index)) yield annotation;
  }
}
