/** Drawing a line point by point or freehand, for polygons and polylines. */
import { distance, type ImagePoint, type ScreenPoint, screenPoint } from "../math/point";
import { simplifyLine } from "../math/simplify";
import type { ToolContext, ToolKey, ToolPointer } from "./tool";

export interface LineDrawing {
  /** The corners that stay. */
  readonly points: readonly ImagePoint[];
  /** Where the pointer is: the line leads on to it. */
  readonly pointer: ImagePoint;
  /** While the button is held: the way it was dragged since the last corner, for freehand drawing. */
  readonly stroke: readonly ImagePoint[] | null;
  readonly strokeFrom: ScreenPoint;
}

/** A drag longer than this draws freehand, CSS pixels. */
const FREEHAND_AFTER = 6;
/** Points of a stroke are at least so far apart, CSS pixels. */
const STROKE_STEP = 1.5;
/** Freehand lines keep within this of where the pointer was, CSS pixels. */
const FREEHAND_TOLERANCE = 1.25;

export const beginLine = (event: ToolPointer): LineDrawing => ({
  points: [event.at],
  pointer: event.at,
  stroke: [],
  strokeFrom: event.screen,
});

export const addCorner = (drawing: LineDrawing, event: ToolPointer): LineDrawing => ({
  points: [...drawing.points, event.at],
  pointer: event.at,
  stroke: [],
  strokeFrom: event.screen,
});

export function followPointer(drawing: LineDrawing, event: ToolPointer, context: ToolContext): LineDrawing {
  const { stroke } = drawing;
  if (!event.isDown || !stroke) return { ...drawing, pointer: event.at };
  if (stroke.length === 0 && distance(drawing.strokeFrom, event.screen) < FREEHAND_AFTER) {
    return { ...drawing, pointer: event.at };
  }
  const last = stroke.at(-1);
  const isNear = last && distance(last, event.at) * context.viewport.scale < STROKE_STEP;
  return { ...drawing, pointer: event.at, stroke: isNear ? stroke : [...stroke, event.at] };
}

/** Return the drawing with what was drawn freehand as corners, as few as the shape needs. */
export function endStroke(drawing: LineDrawing, context: ToolContext): LineDrawing {
  const { stroke } = drawing;
  const ended = { ...drawing, stroke: null, strokeFrom: screenPoint(0, 0) };
  const start = drawing.points.at(-1);
  if (!stroke || stroke.length === 0 || !start) return ended;
  const simple = simplifyLine([start, ...stroke], FREEHAND_TOLERANCE / context.viewport.scale);
  return { ...ended, points: [...drawing.points, ...simple.slice(1)] };
}

/** Return the drawing without its last corner, or null if that was all of it. */
export function withoutLastCorner(drawing: LineDrawing): LineDrawing | null {
  return drawing.points.length > 1 ? { ...drawing, points: drawing.points.slice(0, -1), stroke: null } : null;
}

/** Return what the line looks like now: corners, freehand stroke, and on to the pointer. */
export const lineOfDrawing = (drawing: LineDrawing): ImagePoint[] => [
  ...drawing.points,
  ...(drawing.stroke ?? []),
  drawing.pointer,
];

export const isFreehand = (drawing: LineDrawing): boolean => (drawing.stroke?.length ?? 0) > 0;

/** Backspace, and Ctrl+Z, which in the middle of a line means the same. */
export const isBackKey = (event: ToolKey): boolean =>
  event.key === "Backspace" || (event.mod && !event.shift && event.key.toLowerCase() === "z");
