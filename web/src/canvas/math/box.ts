/** Boxes `{x, y, w, h}` in continuous image pixels, as on the wire. */
import { type ImagePoint, imagePoint, type Size } from "./point";

/** Top-left corner and size. On the wire neither `w` nor `h` may be 0. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Return the box with two opposite corners, in whatever order they come. */
export function boxFromCorners(a: ImagePoint, b: ImagePoint): Box {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y) };
}

/** Return the tightest box around points; all zero for none. */
export function boxOfPoints(points: readonly ImagePoint[]): Box {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const { x, y } of points) {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return points.length === 0
    ? { x: 0, y: 0, w: 0, h: 0 }
    : { x: left, y: top, w: right - left, h: bottom - top };
}

export const boxArea = (box: Box): number => box.w * box.h;

/** Return whether the point is in the box; its left and top border count, as with pixels. */
export function boxContains(box: Box, point: ImagePoint): boolean {
  return point.x >= box.x && point.x < box.x + box.w && point.y >= box.y && point.y < box.y + box.h;
}

/** Return whether `inner` lies in `outer`; borders may touch. */
export function boxEncloses(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h
  );
}

/** Return whether the boxes share a point; touching borders count, so that lines and points (no area) are found. */
export function boxesTouch(a: Box, b: Box): boolean {
  return a.x <= b.x + b.w && b.x <= a.x + a.w && a.y <= b.y + b.h && b.y <= a.y + a.h;
}

export function boxUnion(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y };
}

/** Return the box grown by a margin on every side. */
export function growBox(box: Box, margin: number): Box {
  return { x: box.x - margin, y: box.y - margin, w: box.w + 2 * margin, h: box.h + 2 * margin };
}

export const moveBox = (box: Box, dx: number, dy: number): Box => ({ ...box, x: box.x + dx, y: box.y + dy });

/** Return the part of the box inside the image, or null if there is none. */
export function clipBox(box: Box, image: Size): Box | null {
  const left = Math.max(box.x, 0);
  const top = Math.max(box.y, 0);
  const right = Math.min(box.x + box.w, image.width);
  const bottom = Math.min(box.y + box.h, image.height);
  return right > left && bottom > top ? { x: left, y: top, w: right - left, h: bottom - top } : null;
}

/** Return the four corners, clockwise on the screen from the top left. */
export function boxCorners(box: Box): ImagePoint[] {
  return [
    imagePoint(box.x, box.y),
    imagePoint(box.x + box.w, box.y),
    imagePoint(box.x + box.w, box.y + box.h),
    imagePoint(box.x, box.y + box.h),
  ];
}

/**
 * Return the vector nearest to (dx, dy) that moves the box no further out of the image.
 *
 * A box that already sticks out may stay where it is or come back.
 */
export function limitMove(box: Box, dx: number, dy: number, image: Size): readonly [number, number] {
  return [limitAxis(box.x, box.w, dx, image.width), limitAxis(box.y, box.h, dy, image.height)];
}

function limitAxis(start: number, length: number, delta: number, size: number): number {
  const lowest = Math.min(-start, 0);
  const highest = Math.max(size - length - start, 0);
  return Math.min(Math.max(delta, lowest), highest);
}
