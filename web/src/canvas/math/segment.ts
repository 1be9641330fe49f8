/** Straight lines between two points. */
import { type ImagePoint, imagePoint } from "./point";

/** Return how far along from `a` (0) to `b` (1) the segment comes nearest to the point. */
export function nearestFraction(point: ImagePoint, a: ImagePoint, b: ImagePoint): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  if (length === 0) return 0;
  return Math.min(Math.max(((point.x - a.x) * dx + (point.y - a.y) * dy) / length, 0), 1);
}

export function pointAlong(a: ImagePoint, b: ImagePoint, fraction: number): ImagePoint {
  return imagePoint(a.x + (b.x - a.x) * fraction, a.y + (b.y - a.y) * fraction);
}

export function distanceToSegment(point: ImagePoint, a: ImagePoint, b: ImagePoint): number {
  const nearest = pointAlong(a, b, nearestFraction(point, a, b));
  return Math.hypot(point.x - nearest.x, point.y - nearest.y);
}

/** Return whether two segments cross or touch. */
export function segmentsIntersect(a: ImagePoint, b: ImagePoint, c: ImagePoint, d: ImagePoint): boolean {
  const [abc, abd, cda, cdb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (abc !== abd && cda !== cdb) return true;
  return (
    (abc === 0 && isBetween(a, b, c)) ||
    (abd === 0 && isBetween(a, b, d)) ||
    (cda === 0 && isBetween(c, d, a)) ||
    (cdb === 0 && isBetween(c, d, b))
  );
}

function side(a: ImagePoint, b: ImagePoint, c: ImagePoint): number {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
}

function isBetween(a: ImagePoint, b: ImagePoint, point: ImagePoint): boolean {
  return (
    point.x >= Math.min(a.x, b.x) &&
    point.x <= Math.max(a.x, b.x) &&
    point.y >= Math.min(a.y, b.y) &&
    point.y <= Math.max(a.y, b.y)
  );
}
