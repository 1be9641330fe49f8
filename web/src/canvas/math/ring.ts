/** Closed lines of at least three points, the last not repeated; and polygons, which are a ring with holes. */
import { distance, type ImagePoint } from "./point";
import { distanceToSegment, nearestFraction, pointAlong, segmentsIntersect } from "./segment";

type Points = readonly ImagePoint[];

export const MIN_RING_POINTS = 3;

/** A place on a line: on the edge that leads from point `index` to the next one. */
export interface PlaceOnLine {
  readonly index: number;
  readonly point: ImagePoint;
  readonly distance: number;
}

/** Return the area with the sign of the direction: positive is clockwise on the screen (y down). */
export function signedArea(ring: Points): number {
  let twice = 0;
  let last = ring[ring.length - 1];
  for (const point of ring) {
    if (last) twice += last.x * point.y - point.x * last.y;
    last = point;
  }
  return twice / 2;
}

/** Return the area of the outer ring less that of the holes, square pixels. */
export function polygonArea(paths: readonly Points[]): number {
  return paths.reduce((sum, ring, index) => sum + (index === 0 ? 1 : -1) * Math.abs(signedArea(ring)), 0);
}

/** Return whether the point is inside by the even-odd rule. Of a shared border, one side has it and the other not. */
export function ringContains(ring: Points, { x, y }: ImagePoint): boolean {
  let isInside = false;
  let last = ring[ring.length - 1];
  for (const point of ring) {
    if (last && point.y > y !== last.y > y) {
      if (x < ((last.x - point.x) * (y - point.y)) / (last.y - point.y) + point.x) isInside = !isInside;
    }
    last = point;
  }
  return isInside;
}

/** Return whether the point is in the polygon and in none of its holes (even-odd over all rings). */
export function polygonContains(paths: readonly Points[], point: ImagePoint): boolean {
  return paths.reduce((isInside, ring) => isInside !== ringContains(ring, point), false);
}

/** Return the place on an open or closed line that is nearest to the point, or null for a line of no edge. */
export function nearestOnLine(points: Points, isClosed: boolean, point: ImagePoint): PlaceOnLine | null {
  let best: PlaceOnLine | null = null;
  const edges = isClosed ? points.length : points.length - 1;
  for (let index = 0; index < edges; index += 1) {
    const [a, b] = [points[index], points[(index + 1) % points.length]];
    if (!a || !b) continue;
    const on = pointAlong(a, b, nearestFraction(point, a, b));
    const far = distance(on, point);
    if (!best || far < best.distance) best = { index, point: on, distance: far };
  }
  return best;
}

/** Return the index of the vertex nearest to the point and within the tolerance, or -1. */
export function nearestVertex(points: Points, point: ImagePoint, tolerance: number): number {
  let [best, bestDistance] = [-1, tolerance];
  points.forEach((vertex, index) => {
    const far = distance(vertex, point);
    if (far <= bestDistance) [best, bestDistance] = [index, far];
  });
  return best;
}

export const insertVertex = (points: Points, afterIndex: number, point: ImagePoint): ImagePoint[] => [
  ...points.slice(0, afterIndex + 1),
  point,
  ...points.slice(afterIndex + 1),
];

export const replaceVertex = (points: Points, index: number, point: ImagePoint): ImagePoint[] =>
  points.map((old, at) => (at === index ? point : old));

export const removeVertex = (points: Points, index: number): ImagePoint[] =>
  points.filter((_, at) => at !== index);

/** Return the points without neighbours that lie closer than `minDistance`: a double click leaves two on one place. */
export function withoutRepeats(points: Points, minDistance: number, isClosed: boolean): ImagePoint[] {
  const kept: ImagePoint[] = [];
  for (const point of points) {
    const last = kept[kept.length - 1];
    if (!last || distance(last, point) > minDistance) kept.push(point);
  }
  while (isClosed && kept.length > 1) {
    const [first, last] = [kept[0], kept[kept.length - 1]];
    if (!first || !last || distance(first, last) > minDistance) break;
    kept.pop();
  }
  return kept;
}

/** Return whether the ring's outline crosses itself. Edges that only share a vertex do not count. */
export function crossesItself(ring: Points): boolean {
  const count = ring.length;
  for (let i = 0; i < count; i += 1) {
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue;
      const [a, b, c, d] = [ring[i], ring[i + 1], ring[j], ring[(j + 1) % count]];
      if (a && b && c && d && segmentsIntersect(a, b, c, d)) return true;
    }
  }
  return false;
}

/** Return whether the line comes within the tolerance of the point. */
export function isNearLine(points: Points, isClosed: boolean, point: ImagePoint, tolerance: number): boolean {
  const edges = isClosed ? points.length : points.length - 1;
  for (let index = 0; index < edges; index += 1) {
    const [a, b] = [points[index], points[(index + 1) % points.length]];
    if (a && b && distanceToSegment(point, a, b) <= tolerance) return true;
  }
  return false;
}
