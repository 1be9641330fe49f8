/**
 * Points of two spaces that must not be mixed: the image and the screen.
 *
 * `ImagePoint` is in continuous image pixels: x right, y down, origin at the outer corner of the top-left pixel, so
 * column `c` covers `[c, c + 1)`. `ScreenPoint` is in CSS pixels from the top-left corner of the canvas. Both are plain
 * `{x, y}` objects, as on the wire; the brand exists for the compiler only, which refuses one for the other.
 */
declare const space: unique symbol;

export interface ImagePoint {
  readonly x: number;
  readonly y: number;
  readonly [space]?: "image";
}

export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
  readonly [space]?: "screen";
}

/** Width and height: of an image in its pixels, or of the canvas in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const imagePoint = (x: number, y: number): ImagePoint => ({ x, y });

export const screenPoint = (x: number, y: number): ScreenPoint => ({ x, y });

/** Return the distance of two points of the same space. */
export function distance<P extends ImagePoint | ScreenPoint>(a: P, b: P): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Return the point nearest to `point` inside the image, its border included. */
export function clampToImage(point: ImagePoint, image: Size): ImagePoint {
  return imagePoint(
    Math.min(Math.max(point.x, 0), image.width),
    Math.min(Math.max(point.y, 0), image.height),
  );
}

/** Return the point moved by a vector of the same space. */
export const moved = (point: ImagePoint, dx: number, dy: number): ImagePoint =>
  imagePoint(point.x + dx, point.y + dy);
