/** What can be asked and done with one shape, whatever its type: bounds, hit, move, resize, its lines and corners. */
import { type Box, boxArea, boxContains, boxCorners, boxesTouch, boxOfPoints, moveBox } from "./math/box";
import { distance, type ImagePoint, moved } from "./math/point";
import { isNearLine, polygonArea, polygonContains } from "./math/ring";
import { segmentsIntersect } from "./math/segment";
import type { Geometry, Shape } from "./scene";

const bounds = new WeakMap<object, Box>();

/** Return the tightest box around the shape; of a keypoint, a box without area. */
export function boundsOf(shape: Shape): Box {
  if (shape.type === "bbox") return shape.bounding_box;
  const known = bounds.get(shape);
  if (known) return known;
  const made = boxOfPoints(linesOf(shape).flat());
  bounds.set(shape, made);
  return made;
}

/** Return the shape's lines: a box's corners, a polygon's rings, a polyline, one point of a keypoint. */
export function linesOf(shape: Shape): readonly (readonly ImagePoint[])[] {
  switch (shape.type) {
    case "bbox":
      return [boxCorners(shape.bounding_box)];
    case "polygon":
      return shape.polygon.paths;
    case "polyline":
      return [shape.polyline.path];
    case "keypoint":
      return [[shape.keypoint]];
  }
}

/** Return the area in square pixels; lines and points have none. */
export function areaOf(shape: Shape): number {
  if (shape.type === "bbox") return boxArea(shape.bounding_box);
  return shape.type === "polygon" ? polygonArea(shape.polygon.paths) : 0;
}

/** Return whether a click at the point means the shape: in its area, or within the tolerance of its line. */
export function isHit(shape: Shape, point: ImagePoint, tolerance: number): boolean {
  switch (shape.type) {
    case "bbox":
      return boxContains(shape.bounding_box, point) || isNearOutline(shape, point, tolerance);
    case "polygon":
      return polygonContains(shape.polygon.paths, point) || isNearOutline(shape, point, tolerance);
    case "polyline":
      return isNearOutline(shape, point, tolerance);
    case "keypoint":
      return distance(shape.keypoint, point) <= tolerance;
  }
}

export function isNearOutline(shape: Shape, point: ImagePoint, tolerance: number): boolean {
  if (shape.type === "keypoint") return distance(shape.keypoint, point) <= tolerance;
  return linesOf(shape).some((line) => isNearLine(line, shape.type !== "polyline", point, tolerance));
}

/** Return whether any of the shape lies in the box: what a dragged frame catches. */
export function touchesBox(shape: Shape, box: Box): boolean {
  if (!boxesTouch(boundsOf(shape), box)) return false;
  const lines = linesOf(shape);
  const isInBox = (point: ImagePoint) =>
    point.x >= box.x && point.x <= box.x + box.w && point.y >= box.y && point.y <= box.y + box.h;
  if (lines.some((line) => line.some(isInBox))) return true;
  const corners = boxCorners(box);
  const first = corners[0];
  if (first && (shape.type === "bbox" || shape.type === "polygon") && isHit(shape, first, 0)) return true;
  return lines.some((line) =>
    line.some((a, index) => {
      const b = line[index + 1] ?? (shape.type === "polyline" ? undefined : line[0]);
      if (!b) return false;
      return corners.some((c, at) => {
        const d = corners[(at + 1) % 4];
        return d !== undefined && segmentsIntersect(a, b, c, d);
      });
    }),
  );
}

/** Return the shape moved by a vector, in image pixels. */
export function moveShape<S extends Shape>(shape: S, dx: number, dy: number): S {
  return withLines(
    shape,
    linesOf(shape).map((line) => line.map((point) => moved(point, dx, dy))),
    dx,
    dy,
  );
}

/** Return the shape with other geometry of the same type; class, confidence and maker stay. Its wire box follows. */
export function withGeometry<S extends Shape>(shape: S, geometry: Geometry): S {
  return { ...shape, ...withBox(geometry) } as S;
}

/** Return the geometry with the box around it, as the server would complete it. */
export function withBox(geometry: Geometry): Geometry {
  if (geometry.type === "polygon")
    return { ...geometry, bounding_box: boxOfPoints(geometry.polygon.paths.flat()) };
  if (geometry.type !== "polyline") return geometry;
  const box = boxOfPoints(geometry.polyline.path);
  // A level or upright line has a box without area, which the wire refuses.
  return { ...geometry, bounding_box: box.w > 0 && box.h > 0 ? box : null };
}

function withLines<S extends Shape>(
  shape: S,
  lines: readonly (readonly ImagePoint[])[],
  dx: number,
  dy: number,
): S {
  switch (shape.type) {
    case "bbox":
      return withGeometry(shape, { type: "bbox", bounding_box: moveBox(shape.bounding_box, dx, dy) });
    case "polygon":
      return withGeometry(shape, { type: "polygon", polygon: { paths: lines } });
    case "polyline":
      return withGeometry(shape, { type: "polyline", polyline: { path: lines[0] ?? [] } });
    case "keypoint":
      return withGeometry(shape, { type: "keypoint", keypoint: moved(shape.keypoint, dx, dy) });
  }
}
