/** The annotations of an image as a few SVG paths, coarse enough for a thumbnail: one for each class. */
import type { ClassColors } from "@/lib/class-colors";
import { boxCorners } from "../math/box";
import type { ImagePoint, Size } from "../math/point";
import { signedArea } from "../math/ring";
import { simplifyLine, simplifyRing } from "../math/simplify";
import type { Shape } from "../scene";
import { boundsOf } from "../shape";

export interface ThumbnailPath {
  readonly key: string;
  readonly color: string;
  /** In image pixels. */
  readonly d: string;
  /** Areas are filled, lines are not, keypoints are dots. */
  readonly kind: "area" | "line" | "point";
}

/** Nobody sees more on a thumbnail, and a hundred thumbnails have to be drawn at once. The largest are taken. */
const MAX_SHAPES = 200;
/** Thumbnails are about as long; what is smaller than one of their pixels is left out. */
const LONG_SIDE = 192;
/** Outlines keep within so many of them: fewer points are drawn faster. */
const DETAIL = 0.75;

const cache = new WeakMap<object, { key: string; colors: ClassColors; paths: readonly ThumbnailPath[] }>();

/** Return the paths for shapes of at least `threshold` confidence; the last answer for the same list is kept. */
export function thumbnailPaths(
  shapes: readonly Shape[],
  image: Size,
  colors: ClassColors,
  threshold = 0,
): readonly ThumbnailPath[] {
  const key = `${image.width}x${image.height}/${threshold}`;
  const known = cache.get(shapes);
  if (known && known.key === key && known.colors === colors) return known.paths;
  const paths = makePaths(shapes, image, colors, threshold);
  cache.set(shapes, { key, colors, paths });
  return paths;
}

function makePaths(
  shapes: readonly Shape[],
  image: Size,
  colors: ClassColors,
  threshold: number,
): ThumbnailPath[] {
  const pixel = Math.max(image.width, image.height) / LONG_SIDE;
  const groups = new Map<string, { color: string; kind: ThumbnailPath["kind"]; parts: string[] }>();
  for (const shape of largest(shapes.filter((each) => each.confidence >= threshold))) {
    const kind = shape.type === "keypoint" ? "point" : shape.type === "polyline" ? "line" : "area";
    const part = pathOf(shape, pixel);
    if (part === "") continue;
    const color = colors(shape.name);
    const key = `${color} ${kind}`;
    const group = groups.get(key) ?? { color, kind, parts: [] };
    group.parts.push(part);
    groups.set(key, group);
  }
  return [...groups].map(([key, { color, kind, parts }]) => ({ key, color, kind, d: parts.join("") }));
}

function largest(shapes: readonly Shape[]): readonly Shape[] {
  if (shapes.length <= MAX_SHAPES) return shapes;
  const size = (shape: Shape) => {
    const box = boundsOf(shape);
    return box.w + box.h;
  };
  return shapes.toSorted((a, b) => size(b) - size(a)).slice(0, MAX_SHAPES);
}

function pathOf(shape: Shape, pixel: number): string {
  if (shape.type === "keypoint") return `M${at(shape.keypoint, pixel)}h0`;
  if (shape.type === "polyline")
    return `M${simplifyLine(shape.polyline.path, pixel * DETAIL)
      .map(pointText(pixel))
      .join("L")}`;
  if (shape.type === "bbox") return ringText(boxCorners(shape.bounding_box), pixel, true);
  const box = boundsOf(shape);
  // Of what is hardly larger than a pixel, the box says as much as the outline.
  if (Math.max(box.w, box.h) < 2 * pixel) return ringText(boxCorners(box), pixel, true);
  return shape.polygon.paths
    .map((ring, index) => ringText(simplifyRing(ring, pixel * DETAIL), pixel, index === 0))
    .join("");
}

/** All outer rings turn one way and all holes the other, so that one path can hold many shapes that overlap. */
function ringText(ring: readonly ImagePoint[], pixel: number, isOuter: boolean): string {
  const points = signedArea(ring) > 0 === isOuter ? ring : ring.toReversed();
  return `M${points.map(pointText(pixel)).join("L")}Z`;
}

const pointText = (pixel: number) => (point: ImagePoint) => at(point, pixel);

/** Image pixels with no more digits than can be seen: a thousand thumbnails hold many of them. */
function at(point: ImagePoint, pixel: number): string {
  const digits = pixel >= 2 ? 1 : 10;
  return `${Math.round(point.x * digits) / digits} ${Math.round(point.y * digits) / digits}`;
}
