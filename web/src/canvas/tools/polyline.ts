/** Draws open lines: click corners or drag freehand; ended by Enter or a double click. */
import { Spline } from "lucide-react";
import { addAnnotations, newAnnotation, rounded } from "../commands";
import { clampToImage } from "../math/point";
import { withoutRepeats } from "../math/ring";
import { editKey } from "./edit-keys";
import {
  addCorner,
  beginLine,
  endStroke,
  followPointer,
  isBackKey,
  type LineDrawing,
  lineOfDrawing,
  withoutLastCorner,
} from "./line-drawing";
import { type Tool, type ToolContext, type ToolPointer, type ToolResult, unhandled } from "./tool";

export interface PolylineState {
  readonly drawing: LineDrawing | null;
}

const IDLE: PolylineState = { drawing: null };

export const polylineTool: Tool<PolylineState> = {
  id: "polyline",
  name: "Polyline",
  icon: Spline,
  shortcut: "m",
  usesClass: true,
  showsGuides: true,
  tracksEveryMove: true,
  initial: IDLE,
  hint: ({ drawing }) =>
    drawing
      ? "Enter or a double click ends the line · Backspace: one back · Esc: cancel"
      : "Click points of the line, or drag to draw freehand",
  cursor: () => "crosshair",
  draft: ({ drawing }) => (drawing ? { line: { points: lineOfDrawing(drawing) } } : {}),
  pointerDown(state, event, context) {
    if (event.button !== 0 || context.readOnly) return unhandled(state);
    const inside = inImage(event, context);
    if (!state.drawing) return { state: { drawing: beginLine(inside) } };
    if (event.clicks === 2) return finish(state, context);
    return { state: { drawing: addCorner(state.drawing, inside) } };
  },
  pointerMove(state, event, context) {
    if (!state.drawing) return unhandled(state);
    return { state: { drawing: followPointer(state.drawing, inImage(event, context), context) } };
  },
  pointerUp(state, _, context) {
    return state.drawing ? { state: { drawing: endStroke(state.drawing, context) } } : unhandled(state);
  },
  key(state, event, context) {
    if (!state.drawing) return editKey(state, event, context);
    if (event.key === "Enter") return finish(state, context);
    if (event.key === "Escape") return { state: IDLE };
    if (!isBackKey(event)) return unhandled(state);
    return { state: { drawing: withoutLastCorner(state.drawing) } };
  },
  cancel: () => ({ state: IDLE }),
  isBusy: (state) => state.drawing !== null,
};

const inImage = (event: ToolPointer, { image }: ToolContext): ToolPointer => ({
  ...event,
  at: clampToImage(event.at, image),
});

function finish({ drawing }: PolylineState, context: ToolContext): ToolResult<PolylineState> {
  const path = withoutRepeats(drawing?.points ?? [], 0.5 / context.viewport.scale, false).map(rounded);
  if (path.length < 2) return { state: { drawing }, notice: "A line needs two points." };
  const made = newAnnotation(context.newId(), context.className, { type: "polyline", polyline: { path } });
  return { state: IDLE, command: addAnnotations(context.scene, [made]), selection: new Set([made.id]) };
}
