/** Moves the view. Space held, the middle button or two fingers do the same in every other tool. */
import { Hand } from "lucide-react";
import type { ScreenPoint } from "../math/point";
import { panBy } from "../math/viewport";
import { editKey } from "./edit-keys";
import type { Tool } from "./tool";

/** Where the hand holds the image; null while it does not. */
export interface PanState {
  readonly held: ScreenPoint | null;
}

export const panTool: Tool<PanState> = {
  id: "pan",
  name: "Move the view",
  icon: Hand,
  shortcut: "g",
  usesClass: false,
  showsGuides: false,
  initial: { held: null },
  hint: () => "Drag to move the view, turn the wheel to zoom",
  cursor: (state) => (state.held ? "grabbing" : "grab"),
  draft: () => ({}),
  pointerDown: (_, event) => ({ state: { held: event.screen } }),
  pointerMove(state, event, context) {
    if (!state.held) return { state, isHandled: false };
    const [dx, dy] = [event.screen.x - state.held.x, event.screen.y - state.held.y];
    const viewport = panBy(context.viewport, dx, dy, context.image, context.view);
    return { state: { held: event.screen }, viewport };
  },
  pointerUp: () => ({ state: { held: null } }),
  key: editKey,
  cancel: () => ({ state: { held: null } }),
  isBusy: () => false,
};
