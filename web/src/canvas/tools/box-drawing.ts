/** Drawing a frame, for boxes and box prompts: drag it, or click two opposite corners (also by keyboard). */
import { rounded } from "../commands";
import { type Box, boxFromCorners, clipBox } from "../math/box";
import { distance, type ImagePoint, imagePoint, type ScreenPoint } from "../math/point";
import type { ToolContext, ToolPointer } from "./tool";

export interface BoxDrawing {
  /** The first corner, and where on the screen it was set. */
  readonly first: ImagePoint;
  readonly downAt: ScreenPoint;
  readonly to: ImagePoint;
  /** Whether the button is held: the first corner was set by this very press, or the second is being set. */
  readonly press: "first" | "second" | null;
  readonly isSquare: boolean;
  readonly isCentred: boolean;
}

/** Less movement than this between press and release is a click, CSS pixels. */
export const CLICK_SLOP = 4;

export function beginBox(drawing: BoxDrawing | null, event: ToolPointer): BoxDrawing {
  if (drawing) return { ...drawing, to: event.at, press: "second" };
  return {
    first: event.at,
    downAt: event.screen,
    to: event.at,
    press: "first",
    isSquare: event.shift,
    isCentred: event.alt,
  };
}

export const moveBoxCorner = (drawing: BoxDrawing, event: ToolPointer): BoxDrawing => ({
  ...drawing,
  to: event.at,
  isSquare: event.shift,
  isCentred: event.alt,
});

/** Return the finished box, «too small», or the drawing that goes on: a click set only the first corner. */
export function endBox(
  drawing: BoxDrawing,
  event: ToolPointer,
  context: ToolContext,
): { box: Box } | { drawing: BoxDrawing } | "too small" {
  const moved = moveBoxCorner(drawing, event);
  if (drawing.press === "first" && distance(drawing.downAt, event.screen) < CLICK_SLOP) {
    return { drawing: { ...moved, press: null } };
  }
  const box = boxOfDrawing(moved, context);
  // Below a pixel it is a slip of the hand; two CSS pixels where the view is zoomed out.
  const least = Math.max(1, 2 / context.viewport.scale);
  return box && box.w >= least && box.h >= least ? { box } : "too small";
}

/** Return the box as far as it lies in the image; Shift makes it square, Alt grows it around its middle. */
export function boxOfDrawing(
  { first, to, isSquare, isCentred }: BoxDrawing,
  { image }: ToolContext,
): Box | null {
  let [dx, dy] = [to.x - first.x, to.y - first.y];
  if (isSquare) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    [dx, dy] = [Math.sign(dx || 1) * side, Math.sign(dy || 1) * side];
  }
  const start = isCentred ? imagePoint(first.x - dx, first.y - dy) : first;
  return clipBox(boxFromCorners(rounded(start), rounded(imagePoint(first.x + dx, first.y + dy))), image);
}
