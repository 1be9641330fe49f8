/** The eight handles of a box, and the box after one of them was dragged. */
import { type Box, boxFromCorners } from "./box";
import { type ImagePoint, imagePoint } from "./point";

export type BoxHandleName = "nw" | "n" | "ne" | "e" | "se" | "s" | "sw" | "w";

export interface BoxHandle {
  readonly kind: "box";
  readonly name: BoxHandleName;
  readonly at: ImagePoint;
}

/** Return the handles, corners first: where a small box's handles overlap, a corner is meant. */
export function boxHandles({ x, y, w, h }: Box): BoxHandle[] {
  const at = (name: BoxHandleName, px: number, py: number): BoxHandle => ({
    kind: "box",
    name,
    at: imagePoint(px, py),
  });
  return [
    at("nw", x, y),
    at("ne", x + w, y),
    at("se", x + w, y + h),
    at("sw", x, y + h),
    at("n", x + w / 2, y),
    at("e", x + w, y + h / 2),
    at("s", x + w / 2, y + h),
    at("w", x, y + h / 2),
  ];
}

/** Return the box with one side or corner at another place; dragged past the other side, it turns over. */
export function resizeBox(box: Box, handle: BoxHandleName, to: ImagePoint): Box {
  const isWest = handle.includes("w");
  const isEast = handle.includes("e");
  const isNorth = handle.startsWith("n");
  const isSouth = handle.startsWith("s");
  const left = isWest ? to.x : box.x;
  const right = isEast ? to.x : box.x + box.w;
  const top = isNorth ? to.y : box.y;
  const bottom = isSouth ? to.y : box.y + box.h;
  return boxFromCorners(imagePoint(left, top), imagePoint(right, bottom));
}

export const handleCursor = (name: BoxHandleName): string => `${name}-resize`;
