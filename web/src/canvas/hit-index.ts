/** Which annotations lie under a point or in a frame, of those that can be clicked. */
import { type Box, boxArea, growBox } from "./math/box";
import { GridIndex } from "./math/grid-index";
import type { ImagePoint } from "./math/point";
import { type Annotation, isClickable, type Scene, type Visibility } from "./scene";
import { boundsOf, isHit, touchesBox } from "./shape";

export interface HitIndex {
  /** Return what a click means, best first: lines and points before areas, small ones before those around them. */
  at(point: ImagePoint, tolerance: number): Annotation[];
  /** Return what lies wholly or partly in the box, in drawing order. */
  in(box: Box): Annotation[];
}

const indexes = new WeakMap<readonly Annotation[], GridIndex<Annotation>>();

/** Return the index of all annotations by their bounds; made once for each scene. */
export function gridOf(scene: Scene): GridIndex<Annotation> {
  const known = indexes.get(scene.annotations);
  if (known) return known;
  const made = new GridIndex(scene.annotations, scene.annotations.map(boundsOf));
  indexes.set(scene.annotations, made);
  return made;
}

/** The grid is built when it is first asked, not when the scene changes. */
export function hitIndex(scene: Scene, visibility: Visibility): HitIndex {
  return {
    at(point, tolerance) {
      const around = growBox({ x: point.x, y: point.y, w: 0, h: 0 }, tolerance);
      return gridOf(scene)
        .touching(around)
        .filter((each) => isClickable(each, visibility) && isHit(each, point, tolerance))
        .map((annotation, order) => ({ annotation, order, rank: rankOf(annotation) }))
        .sort((a, b) => a.rank - b.rank || b.order - a.order)
        .map(({ annotation }) => annotation);
    },
    in(box) {
      return gridOf(scene)
        .touching(box)
        .filter((each) => isClickable(each, visibility) && touchesBox(each, box));
    },
  };
}

/** Points are hardest to hit and lines next, so they win over the areas they lie in. */
function rankOf(annotation: Annotation): number {
  if (annotation.type === "keypoint") return -2;
  return annotation.type === "polyline" ? -1 : boxArea(boundsOf(annotation));
}
