/** Shapes as `Path2D` in image pixels, kept while the shape is the same, with no more points than the zoom shows. */
import type { ImagePoint } from "../math/point";
import { simplifyLine, simplifyRing } from "../math/simplify";
import type { Shape } from "../scene";
import { boundsOf } from "../shape";

export interface ShapePath {
  readonly path: Path2D;
  /** How much there is to draw. */
  readonly points: number;
}

interface Kept extends ShapePath {
  readonly level: number;
}

const kept = new WeakMap<Shape, Kept>();

/** Below this size on the screen a shape is only a dot, CSS pixels. */
export const DOT_SIZE = 3;
/** What is left out by the level of detail is smaller than this, CSS pixels. */
const DETAIL = 0.4;
/** Levels of detail are powers of two of the scale; from 4 CSS pixels a pixel on, every point is drawn. */
const FULL_LEVEL = 2;

/** Return the path at a scale (CSS pixels per image pixel). */
export function pathOf(shape: Shape, scale: number): ShapePath {
  const level = levelOf(shape, scale);
  const known = kept.get(shape);
  if (known && known.level === level) return known;
  const made = { ...makePath(shape, level), level };
  kept.set(shape, made);
  return made;
}

/** Return whether the shape is too small on the screen for its outline to be seen. */
export function isDot(shape: Shape, scale: number): boolean {
  if (shape.type === "keypoint") return false;
  const { w, h } = boundsOf(shape);
  return Math.max(w, h) * scale < DOT_SIZE;
}

function levelOf(shape: Shape, scale: number): number {
  if (shape.type === "bbox" || shape.type === "keypoint") return FULL_LEVEL;
  return Math.min(Math.ceil(Math.log2(scale)), FULL_LEVEL);
}

function makePath(shape: Shape, level: number): ShapePath {
  const path = new Path2D();
  if (shape.type === "keypoint") return { path, points: 1 };
  if (shape.type === "bbox") {
    const { x, y, w, h } = shape.bounding_box;
    path.rect(x, y, w, h);
    return { path, points: 4 };
  }
  const tolerance = level >= FULL_LEVEL ? 0 : DETAIL / 2 ** level;
  if (shape.type === "polyline") {
    const line = tolerance > 0 ? simplifyLine(shape.polyline.path, tolerance) : shape.polyline.path;
    trace(path, line);
    return { path, points: line.length };
  }
  let points = 0;
  for (const ring of shape.polygon.paths) {
    const line = tolerance > 0 ? simplifyRing(ring, tolerance) : ring;
    points += line.length;
    trace(path, line);
    path.closePath();
  }
  return { path, points };
}

function trace(path: Path2D, line: readonly ImagePoint[]): void {
  line.forEach((point, index) => {
    if (index === 0) path.moveTo(point.x, point.y);
    else path.lineTo(point.x, point.y);
  });
}
