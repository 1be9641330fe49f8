/** A rough box around an object that a model answers with its outline. */
import { ScanSearch } from "lucide-react";
import { acceptShapes } from "../commands";
import type { Box } from "../math/box";
import { type BoxDrawing, beginBox, boxOfDrawing, endBox, moveBoxCorner } from "./box-drawing";
import { editKey } from "./edit-keys";
import { isBackKey } from "./line-drawing";
import { type Tool, unhandled } from "./tool";

export interface SmartBoxState {
  readonly drawing: BoxDrawing | null;
  /** The box that was asked with. */
  readonly asked: Box | null;
}

const IDLE: SmartBoxState = { drawing: null, asked: null };

export const smartBoxTool: Tool<SmartBoxState> = {
  id: "smart-box",
  name: "Smart box",
  icon: ScanSearch,
  shortcut: "Shift+S",
  usesClass: true,
  showsGuides: true,
  initial: IDLE,
  hint({ asked, drawing }, { preview }) {
    if (drawing || !asked) return "Draw a box around an object: the model finds its outline";
    if (preview.length === 0) return "Waiting for the model · draw again for another box · Esc: begin again";
    return "Enter: take it · draw another box · Esc: begin again";
  },
  cursor: () => "crosshair",
  draft({ drawing, asked }, context) {
    const box = drawing ? boxOfDrawing(drawing, context) : asked;
    return box ? { promptBox: box } : {};
  },
  pointerDown(state, event, context) {
    if (event.button !== 0 || context.readOnly) return unhandled(state);
    return { state: { ...state, drawing: beginBox(state.drawing, event) } };
  },
  pointerMove(state, event) {
    if (!state.drawing) return unhandled(state);
    return { state: { ...state, drawing: moveBoxCorner(state.drawing, event) } };
  },
  pointerUp(state, event, context) {
    if (!state.drawing?.press) return unhandled(state);
    const end = endBox(state.drawing, event, context);
    if (end === "too small") return { state: { ...state, drawing: null } };
    if ("drawing" in end) return { state: { ...state, drawing: end.drawing } };
    return { state: { drawing: null, asked: end.box }, prompt: { kind: "box", box: end.box } };
  },
  key(state, event, context) {
    if (!state.drawing && !state.asked) return editKey(state, event, context);
    if (event.key === "Escape" || isBackKey(event)) {
      return state.drawing ? { state: { ...state, drawing: null } } : { state: IDLE, prompt: null };
    }
    if (event.key !== "Enter" || event.mod || state.drawing) return unhandled(state);
    if (context.preview.length === 0) return { state, notice: "The model has not answered yet." };
    const accepted = acceptShapes(context.scene, context.preview, context.className, context.newId);
    return { state: IDLE, prompt: null, ...accepted };
  },
  cancel: (state) => (state.asked ? { state: IDLE, prompt: null } : { state: IDLE }),
  isBusy: (state) => state.drawing !== null || state.asked !== null,
};
