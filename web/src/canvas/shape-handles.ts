/** What of a selected shape can be held and dragged: a box's sides and corners, vertices, and the middles of edges. */
import { type BoxHandle, type BoxHandleName, boxHandles, resizeBox } from "./math/handles";
import { distance, type ImagePoint } from "./math/point";
import { insertVertex, MIN_RING_POINTS, nearestOnLine, removeVertex, replaceVertex } from "./math/ring";
import { pointAlong } from "./math/segment";
import type { Annotation, Ring, Shape } from "./scene";
import { boundsOf, linesOf, withGeometry } from "./shape";

/** A point of a polygon's ring or of a polyline, by the number of the line and in it. */
export interface VertexPlace {
  readonly line: number;
  readonly index: number;
}

export type Handle =
  | BoxHandle
  | ({ readonly kind: "vertex" | "middle"; readonly at: ImagePoint } & VertexPlace);

/** An edge shorter than this on the screen has no handle in its middle, CSS pixels. */
const MIN_EDGE = 28;
/** Handles nearer to each other than this would hide the shape: the zoom parts them, CSS pixels. */
const MIN_APART = 9;
/** A shape smaller than this has none, or it could not be taken hold of to be moved, CSS pixels. */
const MIN_SIZE = 14;
/** A side of a box shorter than this has no handle in its middle, CSS pixels. */
const MIN_SIDE = 36;

/** Return the handles that are shown at a scale (CSS pixels per image pixel). */
export function shapeHandles(shape: Shape, scale: number): Handle[] {
  const { w, h } = boundsOf(shape);
  if (shape.type === "keypoint" || Math.max(w, h) * scale < MIN_SIZE) return [];
  if (shape.type === "bbox") {
    const hasRoom = (name: BoxHandleName) =>
      name.length === 2 || (name === "n" || name === "s" ? w : h) * scale >= MIN_SIDE;
    return boxHandles(shape.bounding_box).filter(({ name }) => hasRoom(name));
  }
  return linesOf(shape).flatMap((line, number) => lineHandles(line, number, shape.type === "polygon", scale));
}

/** Return the handle within the tolerance (image pixels) that is nearest; vertices win over middles. */
export function handleAt(shape: Shape, point: ImagePoint, tolerance: number, scale: number): Handle | null {
  let best: Handle | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const handle of shapeHandles(shape, scale)) {
    const far = distance(handle.at, point);
    if (far > tolerance) continue;
    const penalty = handle.kind === "middle" ? tolerance : 0;
    if (far + penalty < bestDistance) [best, bestDistance] = [handle, far + penalty];
  }
  return best;
}

/** Return the shape with a handle at another place. The middle of an edge becomes a new vertex. */
export function dragHandle(annotation: Annotation, handle: Handle, to: ImagePoint): Annotation {
  if (handle.kind === "box") {
    if (annotation.type !== "bbox") return annotation;
    return withGeometry(annotation, {
      type: "bbox",
      bounding_box: resizeBox(annotation.bounding_box, handle.name, to),
    });
  }
  return withLine(annotation, handle.line, (line) =>
    handle.kind === "vertex" ? replaceVertex(line, handle.index, to) : insertVertex(line, handle.index, to),
  );
}

/** Return where a dragged handle is afterwards: a middle has become the vertex after it. */
export function vertexAfterDrag(handle: Handle): VertexPlace | null {
  if (handle.kind === "box") return null;
  return { line: handle.line, index: handle.kind === "vertex" ? handle.index : handle.index + 1 };
}

/** Return the shape with a new vertex on the edge nearest to the point, and where that vertex is; null beside all edges. */
export function insertVertexAt(
  annotation: Annotation,
  point: ImagePoint,
  tolerance: number,
): { annotation: Annotation; place: VertexPlace } | null {
  if (annotation.type !== "polygon" && annotation.type !== "polyline") return null;
  const places = linesOf(annotation).flatMap((line, number) => {
    const on = nearestOnLine(line, annotation.type === "polygon", point);
    return on && on.distance <= tolerance ? [{ ...on, line: number }] : [];
  });
  const best = places.sort((a, b) => a.distance - b.distance)[0];
  if (!best) return null;
  return {
    annotation: withLine(annotation, best.line, (line) => insertVertex(line, best.index, best.point)),
    place: { line: best.line, index: best.index + 1 },
  };
}

/**
 * Return the shape without a vertex, or null if it cannot do without: an outline has three points, a line two.
 *
 * A hole of three points that loses one is gone.
 */
export function deleteVertex(annotation: Annotation, place: VertexPlace): Annotation | null {
  const line = linesOf(annotation)[place.line];
  if (!line || annotation.type === "bbox" || annotation.type === "keypoint") return null;
  if (annotation.type === "polyline") {
    return line.length > 2 ? withLine(annotation, place.line, (old) => removeVertex(old, place.index)) : null;
  }
  if (line.length > MIN_RING_POINTS)
    return withLine(annotation, place.line, (old) => removeVertex(old, place.index));
  if (place.line === 0) return null;
  const paths = annotation.polygon.paths.filter((_, index) => index !== place.line);
  return withGeometry(annotation, { type: "polygon", polygon: { paths } });
}

export const vertexPoint = (annotation: Annotation, place: VertexPlace): ImagePoint | undefined =>
  linesOf(annotation)[place.line]?.[place.index];

function withLine(annotation: Annotation, number: number, change: (line: Ring) => Ring): Annotation {
  if (annotation.type === "polyline") {
    return withGeometry(annotation, {
      type: "polyline",
      polyline: { path: change(annotation.polyline.path) },
    });
  }
  if (annotation.type !== "polygon") return annotation;
  const paths = annotation.polygon.paths.map((line, at) => (at === number ? change(line) : line));
  return withGeometry(annotation, { type: "polygon", polygon: { paths } });
}

function lineHandles(line: Ring, number: number, isClosed: boolean, scale: number): Handle[] {
  const handles: Handle[] = [];
  let last: ImagePoint | null = null;
  line.forEach((at, index) => {
    if (last && distance(last, at) * scale < MIN_APART) return;
    last = at;
    handles.push({ kind: "vertex", line: number, index, at });
  });
  line.forEach((at, index) => {
    const next = line[index + 1] ?? (isClosed ? line[0] : undefined);
    if (!next || distance(at, next) * scale < MIN_EDGE) return;
    handles.push({ kind: "middle", line: number, index, at: pointAlong(at, next, 0.5) });
  });
  return handles;
}
