/** The part of a ring that lies in the image (Sutherland and Hodgman 1974). */
import { type ImagePoint, imagePoint, type Size } from "./point";
import { MIN_RING_POINTS, signedArea } from "./ring";

/**
 * Return the ring cut at the image's border, or null if nothing with an area is left.
 *
 * Where a ring leaves the image and comes back, the parts stay joined along the border; its area is right all the same.
 */
export function clipRing(ring: readonly ImagePoint[], image: Size): ImagePoint[] | null {
  if (ring.every((point) => isInside(point, image))) return Math.abs(signedArea(ring)) > 0 ? [...ring] : null;
  let points = [...ring];
  points = cut(points, (p) => p.x, 0, true);
  points = cut(points, (p) => p.x, image.width, false);
  points = cut(points, (p) => p.y, 0, true);
  points = cut(points, (p) => p.y, image.height, false);
  return points.length >= MIN_RING_POINTS && Math.abs(signedArea(points)) > 0 ? points : null;
}

const isInside = ({ x, y }: ImagePoint, image: Size): boolean =>
  x >= 0 && y >= 0 && x <= image.width && y <= image.height;

function cut(
  points: readonly ImagePoint[],
  axis: (point: ImagePoint) => number,
  limit: number,
  isLower: boolean,
) {
  const kept: ImagePoint[] = [];
  const isIn = (point: ImagePoint) => (isLower ? axis(point) >= limit : axis(point) <= limit);
  let last = points[points.length - 1];
  for (const point of points) {
    if (last && isIn(last) !== isIn(point)) {
      const fraction = (limit - axis(last)) / (axis(point) - axis(last));
      kept.push(imagePoint(last.x + (point.x - last.x) * fraction, last.y + (point.y - last.y) * fraction));
    }
    if (isIn(point)) kept.push(point);
    last = point;
  }
  return kept;
}
