/** Where the image lies on the screen: zoom at a point, fit, clamp, and the same view on the next image. */
import { type ImagePoint, imagePoint, type ScreenPoint, type Size, screenPoint } from "./point";

/** `scale` is CSS pixels per image pixel; `x`, `y` is where the image's origin lies on the screen. */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** One image pixel at most this many CSS pixels wide. */
export const MAX_SCALE = 64;
/** As much of the image as must stay in sight while panning, CSS pixels. */
const MIN_VISIBLE = 48;
const FIT_PADDING = 24;

export function toScreen(viewport: Viewport, point: ImagePoint): ScreenPoint {
  return screenPoint(viewport.x + point.x * viewport.scale, viewport.y + point.y * viewport.scale);
}

export function toImage(viewport: Viewport, point: ScreenPoint): ImagePoint {
  return imagePoint((point.x - viewport.x) / viewport.scale, (point.y - viewport.y) / viewport.scale);
}

/** Return the view with the whole image in the middle. Small images are not enlarged beyond 8 times. */
export function fitViewport(image: Size, view: Size, padding = FIT_PADDING): Viewport {
  const width = Math.max(view.width - 2 * padding, 1);
  const height = Math.max(view.height - 2 * padding, 1);
  const scale = Math.min(width / Math.max(image.width, 1), height / Math.max(image.height, 1), 8);
  return centred(image, view, scale, imagePoint(image.width / 2, image.height / 2));
}

/** Return the view in which a box fills about two thirds of the screen. */
export function fitBox(
  box: { readonly x: number; readonly y: number; readonly w: number; readonly h: number },
  image: Size,
  view: Size,
): Viewport {
  const wanted = Math.min(
    (view.width * 0.66) / Math.max(box.w, 1),
    (view.height * 0.66) / Math.max(box.h, 1),
  );
  const scale = Math.min(Math.max(wanted, minScale(image, view)), MAX_SCALE);
  return centred(image, view, scale, imagePoint(box.x + box.w / 2, box.y + box.h / 2));
}

/** Return the view zoomed by a factor; the image point under `at` stays under it. */
export function zoomAt(
  viewport: Viewport,
  at: ScreenPoint,
  factor: number,
  image: Size,
  view: Size,
): Viewport {
  const scale = Math.min(Math.max(viewport.scale * factor, minScale(image, view)), MAX_SCALE);
  const fixed = toImage(viewport, at);
  return clampViewport({ scale, x: at.x - fixed.x * scale, y: at.y - fixed.y * scale }, image, view);
}

export function panBy(viewport: Viewport, dx: number, dy: number, image: Size, view: Size): Viewport {
  return clampViewport({ scale: viewport.scale, x: viewport.x + dx, y: viewport.y + dy }, image, view);
}

/** Return the view moved so that some of the image stays in sight. */
export function clampViewport(viewport: Viewport, image: Size, view: Size): Viewport {
  const x = clampAxis(viewport.x, image.width * viewport.scale, view.width);
  const y = clampAxis(viewport.y, image.height * viewport.scale, view.height);
  return x === viewport.x && y === viewport.y ? viewport : { scale: viewport.scale, x, y };
}

/**
 * Return the view on the next image: the same place and zoom relative to the image.
 *
 * Images of one size keep the view exactly; others keep how much is zoomed beyond «fit» and the middle of the view.
 */
export function carryViewport(viewport: Viewport, from: Size, to: Size, view: Size): Viewport {
  if (from.width === to.width && from.height === to.height) return clampViewport(viewport, to, view);
  const zoom = viewport.scale / fitViewport(from, view).scale;
  const scale = Math.min(Math.max(fitViewport(to, view).scale * zoom, minScale(to, view)), MAX_SCALE);
  const middle = toImage(viewport, screenPoint(view.width / 2, view.height / 2));
  const at = imagePoint((middle.x / from.width) * to.width, (middle.y / from.height) * to.height);
  return centred(to, view, scale, at);
}

/** Return the view after the canvas changed its size: the middle of the old one stays in the middle. */
export function resizeViewport(viewport: Viewport, from: Size, to: Size, image: Size): Viewport {
  return panBy(viewport, (to.width - from.width) / 2, (to.height - from.height) / 2, image, to);
}

function centred(image: Size, view: Size, scale: number, middle: ImagePoint): Viewport {
  return clampViewport(
    { scale, x: view.width / 2 - middle.x * scale, y: view.height / 2 - middle.y * scale },
    image,
    view,
  );
}

/** A quarter of «fit», and never so small that the image is less than 16 CSS pixels. */
function minScale(image: Size, view: Size): number {
  const fit = fitViewport(image, view).scale;
  return Math.min(Math.max(fit / 4, 16 / Math.max(image.width, image.height, 1)), fit);
}

function clampAxis(origin: number, length: number, view: number): number {
  const visible = Math.min(MIN_VISIBLE, length, view);
  return Math.min(Math.max(origin, visible - length), view - visible);
}
