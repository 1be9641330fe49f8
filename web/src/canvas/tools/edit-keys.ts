/** Keys that mean the same in every tool while nothing is half drawn: delete, nudge, duplicate, accept a proposal. */
import {
  acceptShapes,
  countOf,
  duplicateAnnotations,
  moveAnnotations,
  removeAnnotations,
  replaceAnnotations,
} from "../commands";
import { clipBox } from "../math/box";
import {
  type Annotation,
  isClickable,
  NOTHING_SELECTED,
  type Selection,
  selectedAnnotations,
} from "../scene";
import { withGeometry } from "../shape";
import { type ToolContext, type ToolKey, type ToolResult, unhandled } from "./tool";

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Return the step of an arrow key in image pixels: 1, or 10 with Shift; null for other keys. */
export function arrowStep(event: ToolKey): readonly [number, number] | null {
  const direction = ARROWS[event.key];
  if (!direction || event.mod) return null;
  const step = event.shift ? 10 : 1;
  return [direction[0] * step, direction[1] * step];
}

/** Return the selected annotations that may be changed: not locked, not hidden. */
export function editable(context: ToolContext): Annotation[] {
  if (context.readOnly) return [];
  return selectedAnnotations(context.scene, context.selection).filter((each) =>
    isClickable(each, context.visibility),
  );
}

export function editKey<State>(state: State, event: ToolKey, context: ToolContext): ToolResult<State> {
  if (event.key === "Escape") {
    if (context.preview.length > 0) return { state, prompt: null };
    return context.selection.size > 0 ? { state, selection: NOTHING_SELECTED } : unhandled(state);
  }
  if (context.readOnly) return unhandled(state);
  if (event.key === "Enter" && !event.mod && context.preview.length > 0) {
    return {
      state,
      ...acceptShapes(context.scene, context.preview, context.className, context.newId),
      prompt: null,
    };
  }
  const chosen = editable(context);
  if (chosen.length === 0) return unhandled(state);
  const ids: Selection = new Set(chosen.map(({ id }) => id));
  if ((event.key === "Delete" || event.key === "Backspace") && !event.mod) {
    return {
      state,
      command: removeAnnotations(context.scene, ids),
      selection: without(context.selection, ids),
    };
  }
  if (event.key.toLowerCase() === "d" && event.mod) {
    const offset = 12 / context.viewport.scale;
    return { state, ...duplicateAnnotations(context.scene, ids, offset, context.image, context.newId) };
  }
  const step = arrowStep(event);
  if (!step) return unhandled(state);
  const mergeKey = `${event.alt ? "resize" : "nudge"} ${[...ids].join(" ")}`;
  const command = event.alt
    ? resizeByKey(context, chosen, step, mergeKey)
    : moveAnnotations(context.scene, ids, step, context.image, mergeKey);
  return { state, command };
}

/** Alt and an arrow move the right or lower side of boxes: sizes without a mouse. */
function resizeByKey(
  context: ToolContext,
  chosen: readonly Annotation[],
  [dx, dy]: readonly [number, number],
  mergeKey: string,
) {
  const boxes = chosen.flatMap((each) => {
    if (each.type !== "bbox") return [];
    const { x, y, w, h } = each.bounding_box;
    const box = clipBox({ x, y, w: Math.max(w + dx, 1), h: Math.max(h + dy, 1) }, context.image);
    return box ? [withGeometry(each, { type: "bbox", bounding_box: box })] : [];
  });
  return replaceAnnotations(context.scene, boxes, `Resize ${countOf(boxes)}`, mergeKey);
}

const without = (selection: Selection, ids: Selection): Selection =>
  new Set([...selection].filter((id) => !ids.has(id)));
