/** Clicks on an object (or beside it, as «not this») that a model answers with its outline. */
import { Sparkles } from "lucide-react";
import { acceptShapes } from "../commands";
import { clampToImage, distance } from "../math/point";
import { editKey } from "./edit-keys";
import { isBackKey } from "./line-drawing";
import { type Prompt, type PromptPoint, type Tool, type ToolResult, unhandled } from "./tool";

export interface SmartPointsState {
  readonly points: readonly PromptPoint[];
  /** The points as they will be when the button is released. Not before: a second finger may come, to zoom. */
  readonly next: readonly PromptPoint[] | null;
}

const IDLE: SmartPointsState = { points: [], next: null };

export const smartPointsTool: Tool<SmartPointsState> = {
  id: "smart-points",
  name: "Smart click",
  icon: Sparkles,
  shortcut: "s",
  usesClass: true,
  showsGuides: false,
  initial: IDLE,
  hint({ points }, { preview }) {
    if (points.length === 0) return "Click an object: the model finds its outline";
    if (preview.length === 0) return "Waiting for the model · click more points · Esc: begin again";
    return "Enter: take it · click: also this · Alt or right click: not this · click a point: remove it";
  },
  cursor: () => "crosshair",
  draft: ({ points, next }) => ({ promptPoints: next ?? points }),
  pointerDown(state, event, context) {
    if (event.button === 1 || context.readOnly) return unhandled(state);
    const old = state.points.findIndex((each) => distance(each.at, event.at) <= context.tolerance);
    if (old >= 0) return { state: { ...state, next: state.points.filter((_, index) => index !== old) } };
    const isNegative = event.button === 2 || event.alt || context.options.negativePoints;
    // The first point has to say what is wanted.
    const isPositive = !isNegative || state.points.length === 0;
    const added = { at: clampToImage(event.at, context.image), isPositive };
    return { state: { ...state, next: [...state.points, added] } };
  },
  pointerMove: unhandled,
  pointerUp: (state) => (state.next ? ask(state.next) : unhandled(state)),
  key(state, event, context) {
    if (state.points.length === 0) return editKey(state, event, context);
    if (event.key === "Escape") return { state: IDLE, prompt: null };
    if (isBackKey(event)) return ask(state.points.slice(0, -1));
    if (event.key !== "Enter" || event.mod) return unhandled(state);
    if (context.preview.length === 0) return { state, notice: "The model has not answered yet." };
    const accepted = acceptShapes(context.scene, context.preview, context.className, context.newId);
    return { state: IDLE, prompt: null, ...accepted };
  },
  cancel: (state) => (state.points.length > 0 ? { state: IDLE, prompt: null } : unhandled(state)),
  isBusy: (state) => state.points.length > 0,
};

function ask(points: readonly PromptPoint[]): ToolResult<SmartPointsState> {
  const prompt: Prompt | null = points.some(({ isPositive }) => isPositive)
    ? { kind: "points", points }
    : null;
  return { state: prompt ? { points, next: null } : IDLE, prompt };
}
