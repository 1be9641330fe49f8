/** Sets keypoints: the point is where the button is released, so that it can be adjusted. */
import { CircleDot } from "lucide-react";
import { addAnnotations, newAnnotation, rounded } from "../commands";
import { clampToImage, type ImagePoint } from "../math/point";
import { editKey } from "./edit-keys";
import { type Tool, unhandled } from "./tool";

export interface KeypointState {
  readonly at: ImagePoint | null;
}

const IDLE: KeypointState = { at: null };

export const keypointTool: Tool<KeypointState> = {
  id: "keypoint",
  name: "Keypoint",
  icon: CircleDot,
  shortcut: "k",
  usesClass: true,
  showsGuides: true,
  initial: IDLE,
  hint: () => "Click where the point is; hold and drag to adjust",
  cursor: () => "crosshair",
  draft: ({ at }, { className }) =>
    at ? { shapes: [{ name: className, type: "keypoint", keypoint: at, confidence: 1 }] } : {},
  pointerDown(state, event, context) {
    if (event.button !== 0 || context.readOnly) return unhandled(state);
    return { state: { at: clampToImage(event.at, context.image) } };
  },
  pointerMove(state, event, context) {
    return state.at ? { state: { at: clampToImage(event.at, context.image) } } : unhandled(state);
  },
  pointerUp(state, event, context) {
    if (!state.at) return unhandled(state);
    const keypoint = rounded(clampToImage(event.at, context.image));
    const made = newAnnotation(context.newId(), context.className, { type: "keypoint", keypoint });
    return { state: IDLE, command: addAnnotations(context.scene, [made]), selection: new Set([made.id]) };
  },
  key(state, event, context) {
    if (state.at) return event.key === "Escape" ? { state: IDLE } : unhandled(state);
    return editKey(state, event, context);
  },
  cancel: () => ({ state: IDLE }),
  isBusy: (state) => state.at !== null,
};
