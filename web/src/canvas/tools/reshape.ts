/** A shape while one of its handles is dragged. */
import { rounded } from "../commands";
import { clampToImage, type ImagePoint, imagePoint, type Size } from "../math/point";
import type { Annotation } from "../scene";
import { linesOf } from "../shape";
import { dragHandle, type Handle } from "../shape-handles";

export interface Reshaping {
  readonly kind: "reshaping";
  readonly before: Annotation;
  readonly handle: Handle;
  readonly after: Annotation;
  /** Where the handle is now. */
  readonly at: ImagePoint;
}

type LineHandle = Exclude<Handle, { kind: "box" }>;

export const beginReshaping = (annotation: Annotation, handle: Handle): Reshaping => ({
  kind: "reshaping",
  before: annotation,
  handle,
  after: annotation,
  at: handle.at,
});

/** Return the shape with the handle at another place; `isAligned` keeps it level or upright with its neighbours. */
export function reshapeTo(state: Reshaping, to: ImagePoint, isAligned: boolean, image: Size): Reshaping {
  const at = rounded(clampToImage(isAligned ? alignedTo(state, to) : to, image));
  const after = dragHandle(state.before, state.handle, at);
  // A box may be dragged thin, but not to nothing: the wire has no empty boxes.
  const isEmpty = after.type === "bbox" && (after.bounding_box.w < 1 || after.bounding_box.h < 1);
  return isEmpty ? state : { ...state, after, at };
}

/** Return the point moved onto the nearest upright or level line through a neighbour, or through where a side was. */
function alignedTo({ before, handle }: Reshaping, to: ImagePoint): ImagePoint {
  const neighbours = handle.kind === "box" ? [handle.at] : neighboursOf(before, handle);
  const x = closest(
    neighbours.map((each) => each.x),
    to.x,
  );
  const y = closest(
    neighbours.map((each) => each.y),
    to.y,
  );
  return Math.abs(x - to.x) < Math.abs(y - to.y) ? imagePoint(x, to.y) : imagePoint(to.x, y);
}

function neighboursOf(annotation: Annotation, { kind, line: number, index }: LineHandle): ImagePoint[] {
  const line = linesOf(annotation)[number] ?? [];
  // The middle of an edge lies between the edge's two ends, a vertex between those before and after it.
  const before = kind === "middle" ? index : index - 1;
  return [line.at(before), line[(index + 1) % line.length]].filter((each) => each !== undefined);
}

const closest = (values: readonly number[], to: number): number =>
  values.reduce(
    (best, value) => (Math.abs(value - to) < Math.abs(best - to) ? value : best),
    values[0] ?? to,
  );
