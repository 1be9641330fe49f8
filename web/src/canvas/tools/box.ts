/** Draws boxes: drag, or click two opposite corners. */
import { Square } from "lucide-react";
import { addAnnotations, newAnnotation } from "../commands";
import { type BoxDrawing, beginBox, boxOfDrawing, endBox, moveBoxCorner } from "./box-drawing";
import { editKey } from "./edit-keys";
import { isBackKey } from "./line-drawing";
import { type Tool, unhandled } from "./tool";

export interface BoxState {
  readonly drawing: BoxDrawing | null;
}

const IDLE: BoxState = { drawing: null };

export const boxTool: Tool<BoxState> = {
  id: "box",
  name: "Box",
  icon: Square,
  shortcut: "b",
  usesClass: true,
  showsGuides: true,
  initial: IDLE,
  hint: ({ drawing }) =>
    drawing
      ? "Release or click at the opposite corner · Shift: square · Alt: from the middle · Esc: cancel"
      : "Drag a box, or click two opposite corners",
  cursor: () => "crosshair",
  draft({ drawing }, context) {
    const box = drawing && boxOfDrawing(drawing, context);
    if (!box) return {};
    return { shapes: [{ name: context.className, type: "bbox", bounding_box: box, confidence: 1 }] };
  },
  pointerDown(state, event, context) {
    if (event.button !== 0 || context.readOnly) return unhandled(state);
    return { state: { drawing: beginBox(state.drawing, event) } };
  },
  pointerMove(state, event) {
    if (!state.drawing) return unhandled(state);
    return { state: { drawing: moveBoxCorner(state.drawing, event) } };
  },
  pointerUp(state, event, context) {
    if (!state.drawing?.press) return unhandled(state);
    const end = endBox(state.drawing, event, context);
    if (end === "too small") return { state: IDLE };
    if ("drawing" in end) return { state: end };
    const made = newAnnotation(context.newId(), context.className, { type: "bbox", bounding_box: end.box });
    return { state: IDLE, command: addAnnotations(context.scene, [made]), selection: new Set([made.id]) };
  },
  key(state, event, context) {
    if (!state.drawing) return editKey(state, event, context);
    return event.key === "Escape" || isBackKey(event) ? { state: IDLE } : unhandled(state);
  },
  cancel: () => ({ state: IDLE }),
  isBusy: (state) => state.drawing !== null,
};
