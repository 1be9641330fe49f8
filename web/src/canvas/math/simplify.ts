/** Fewer points for the same line (Douglas and Peucker 1973), for freehand drawing and for drawing small shapes. */
import type { ImagePoint } from "./point";
import { distanceToSegment } from "./segment";

/** Return the open line with as few points as keep it within `tolerance` pixels of where it was. */
export function simplifyLine(points: readonly ImagePoint[], tolerance: number): ImagePoint[] {
  if (points.length <= 2) return [...points];
  const keep = new Uint8Array(points.length);
  keep[0] = 1;
  keep[points.length - 1] = 1;
  // A stack of its own: a freehand line has thousands of points, and recursion could go as deep.
  const open: [number, number][] = [[0, points.length - 1]];
  for (let range = open.pop(); range; range = open.pop()) {
    const [start, end] = range;
    const farthest = farthestBetween(points, start, end);
    if (farthest.distance <= tolerance) continue;
    keep[farthest.index] = 1;
    open.push([start, farthest.index], [farthest.index, end]);
  }
  return points.filter((_, index) => keep[index] === 1);
}

/** Return the ring with fewer points; at least three of them, if it had that many. */
export function simplifyRing(ring: readonly ImagePoint[], tolerance: number): ImagePoint[] {
  const first = ring[0];
  if (ring.length <= 3 || !first) return [...ring];
  // Cut where it is farthest from the first point, so that both halves have fixed ends that matter.
  let [far, farDistance] = [0, -1];
  ring.forEach((point, index) => {
    const away = Math.hypot(point.x - first.x, point.y - first.y);
    if (away > farDistance) [far, farDistance] = [index, away];
  });
  const there = simplifyLine(ring.slice(0, far + 1), tolerance);
  const back = simplifyLine([...ring.slice(far), first], tolerance);
  const simple = [...there, ...back.slice(1, -1)];
  if (simple.length >= 3) return simple;
  const third = farthestBetween([...ring, first], 0, far);
  const fourth = farthestBetween([...ring, first], far, ring.length);
  const index = third.distance >= fourth.distance ? third.index : fourth.index;
  return [0, far, index].sort((a, b) => a - b).flatMap((at) => ring[at] ?? []);
}

function farthestBetween(points: readonly ImagePoint[], start: number, end: number) {
  const [a, b] = [points[start], points[end]];
  let [index, far] = [start, -1];
  if (!a || !b) return { index, distance: far };
  for (let at = start + 1; at < end; at += 1) {
    const point = points[at];
    const away = point ? distanceToSegment(point, a, b) : -1;
    if (away > far) [index, far] = [at, away];
  }
  return { index, distance: far };
}
