/** Selects, moves and reshapes: click, drag a frame, drag shapes, handles and vertices. */
import { MousePointer2 } from "lucide-react";
import { boundsOfAll, countOf, moveAnnotations, replaceAnnotations, rounded } from "../commands";
import { type Box, boxFromCorners, limitMove } from "../math/box";
import { handleCursor } from "../math/handles";
import { clampToImage, distance, type ImagePoint, imagePoint, type ScreenPoint } from "../math/point";
import { type Annotation, findAnnotation, isVisible, NOTHING_SELECTED, type Selection } from "../scene";
import {
  deleteVertex,
  dragHandle,
  type Handle,
  handleAt,
  insertVertexAt,
  shapeHandles,
  type VertexPlace,
  vertexAfterDrag,
  vertexPoint,
} from "../shape-handles";
import { arrowStep, editable, editKey } from "./edit-keys";
import { beginReshaping, type Reshaping, reshapeTo } from "./reshape";
import {
  type Draft,
  type Tool,
  type ToolContext,
  type ToolKey,
  type ToolPointer,
  type ToolResult,
  unhandled,
} from "./tool";

/** A vertex that Delete and the arrow keys mean. */
export interface ActiveVertex extends VertexPlace {
  readonly id: string;
}

interface Idle {
  readonly kind: "idle";
  readonly vertex: ActiveVertex | null;
  readonly hovered: Annotation | null;
  readonly handle: Handle | null;
}

/** The button is down and has not moved yet. */
interface Pressed {
  readonly kind: "pressed";
  readonly from: ImagePoint;
  readonly screen: ScreenPoint;
  /** What is selected if it was only a click. */
  readonly click: Selection | null;
}

interface Moving {
  readonly kind: "moving";
  readonly ids: Selection;
  /** Around all of them, as they were. */
  readonly bounds: Box;
  readonly from: ImagePoint;
  readonly dx: number;
  readonly dy: number;
}

interface Framing {
  readonly kind: "framing";
  readonly from: ImagePoint;
  readonly to: ImagePoint;
  readonly screen: ScreenPoint;
  readonly added: Selection;
}

export type SelectState = Idle | Pressed | Moving | Framing | Reshaping;

const IDLE: Idle = { kind: "idle", vertex: null, hovered: null, handle: null };
/** Less movement than this is a click, CSS pixels. */
const CLICK_SLOP = 3;
const CANNOT_DELETE_POINT =
  "An outline has at least three points and a line two. Delete the annotation instead.";

export const selectTool: Tool<SelectState> = {
  id: "select",
  name: "Select and move",
  icon: MousePointer2,
  shortcut: "v",
  usesClass: false,
  showsGuides: false,
  initial: IDLE,
  hint(state, context) {
    const only = onlySelected(context);
    if (state.kind === "idle" && state.vertex) return "Delete removes the point · arrows move it · Esc: done";
    if (context.selection.size === 0) return "Click to select · drag a frame to select many";
    if (context.readOnly) return "Click to select";
    if (only?.type === "polygon" || only?.type === "polyline") {
      return "Drag points · drag the middle of an edge for a new one · Alt+click a point: delete it";
    }
    return "Drag to move · arrows: 1 px, with Shift 10 px · Delete · Ctrl+D: duplicate · Shift+click: select more";
  },
  cursor(state) {
    if (state.kind === "moving") return "move";
    if (state.kind === "reshaping")
      return state.handle.kind === "box" ? handleCursor(state.handle.name) : "grabbing";
    if (state.kind !== "idle") return "default";
    if (state.handle) return state.handle.kind === "box" ? handleCursor(state.handle.name) : "grab";
    return state.hovered ? "pointer" : "default";
  },
  draft(state, context): Draft {
    switch (state.kind) {
      case "idle": {
        const vertex = activeVertex(state, context);
        return {
          hovered: hoveredNow(state, context),
          activeHandle:
            handleNow(state, context)?.at ??
            (vertex ? vertexPoint(vertex.annotation, vertex.place) : undefined),
        };
      }
      case "moving":
        return { moved: state };
      case "framing":
        return { frame: boxFromCorners(state.from, state.to) };
      case "reshaping":
        return { shapes: [state.after], activeHandle: state.at };
      case "pressed":
        return {};
    }
  },
  pointerDown(state, event, context) {
    if (event.button !== 0) return unhandled(state);
    return grabHandle(event, context) ?? press(event, context);
  },
  pointerMove(state, event, context) {
    switch (state.kind) {
      case "idle":
        return hover(state, event, context);
      case "pressed": {
        if (distance(state.screen, event.screen) < CLICK_SLOP) return { state };
        const chosen = editable(context);
        const bounds = boundsOfAll(chosen);
        if (!bounds) return { state };
        const ids = new Set(chosen.map(({ id }) => id));
        return {
          state: moveTo({ kind: "moving", ids, bounds, from: state.from, dx: 0, dy: 0 }, event, context),
        };
      }
      case "moving":
        return { state: moveTo(state, event, context) };
      case "framing":
        return { state: { ...state, to: clampToImage(event.at, context.image) } };
      case "reshaping":
        return { state: reshapeTo(state, event.at, event.shift, context.image) };
    }
  },
  pointerUp(state, event, context) {
    switch (state.kind) {
      case "idle":
        return unhandled(state);
      case "pressed":
        return state.click ? { state: IDLE, selection: state.click } : { state: IDLE };
      case "moving":
        return {
          state: IDLE,
          command: moveAnnotations(context.scene, state.ids, [state.dx, state.dy], context.image),
        };
      case "framing":
        return endFrame(state, event, context);
      case "reshaping":
        return endReshape(state, context);
    }
  },
  key(state, event, context) {
    if (state.kind !== "idle") return event.key === "Escape" ? { state: IDLE } : unhandled(state);
    if (event.key.toLowerCase() === "a" && event.mod) return { state, selection: allClickable(context) };
    const vertex = activeVertex(state, context);
    return (
      (vertex && vertexKey(vertex, event, context)) ??
      editKey<SelectState>({ ...state, hovered: null }, event, context)
    );
  },
  cancel: () => ({ state: IDLE }),
  isBusy: (state) => state.kind === "moving" || state.kind === "reshaping",
};

function onlySelected(context: ToolContext): Annotation | undefined {
  const [id] = context.selection.size === 1 ? context.selection : [];
  return id === undefined ? undefined : findAnnotation(context.scene, id);
}

/** Return the one selected annotation if its shape may be changed. */
function onlyEditable(context: ToolContext): Annotation | undefined {
  const only = onlySelected(context);
  return only && editable(context).includes(only) ? only : undefined;
}

function grabHandle(event: ToolPointer, context: ToolContext): ToolResult<SelectState> | null {
  const only = onlyEditable(context);
  if (!only || event.shift || event.mod) return null;
  const handle = handleAt(only, event.at, context.tolerance, context.viewport.scale);
  if (handle) {
    if (event.alt && handle.kind === "vertex") return removeVertex(only, handle, context);
    return { state: beginReshaping(only, handle) };
  }
  if (event.clicks !== 2) return null;
  const inserted = insertVertexAt(only, event.at, context.tolerance);
  if (!inserted) return null;
  const command = replaceAnnotations(context.scene, [inserted.annotation], `Add a point to «${only.name}»`);
  return { state: { ...IDLE, vertex: { id: only.id, ...inserted.place } }, command };
}

function press(event: ToolPointer, context: ToolContext): ToolResult<SelectState> {
  const hits = context.hits.at(event.at, context.tolerance);
  const top = hits[0];
  const start = { kind: "pressed", from: event.at, screen: event.screen } as const;
  if (!top) {
    const added = event.shift || event.mod ? context.selection : NOTHING_SELECTED;
    const at = clampToImage(event.at, context.image);
    return { state: { kind: "framing", from: at, to: at, screen: event.screen, added } };
  }
  if (event.shift || event.mod) {
    const toggled = new Set(context.selection);
    if (!toggled.delete(top.id)) toggled.add(top.id);
    return { state: { ...start, click: null }, selection: toggled };
  }
  if (event.alt)
    return { state: { ...start, click: null }, selection: new Set([beneath(hits, top, context).id]) };
  // What is selected can be dragged though something smaller lies over it; a click alone means what lies on top.
  if (hits.some(({ id }) => context.selection.has(id)))
    return { state: { ...start, click: new Set([top.id]) } };
  return { state: { ...start, click: null }, selection: new Set([top.id]) };
}

/** Return the next of the shapes under the pointer after the selected one: Alt and clicks go through all of them. */
function beneath(hits: readonly Annotation[], top: Annotation, context: ToolContext): Annotation {
  const at = hits.findIndex(({ id }) => context.selection.has(id));
  return hits[at + 1] ?? top;
}

function hover(state: Idle, event: ToolPointer, context: ToolContext): ToolResult<SelectState> {
  const only = onlyEditable(context);
  const handle = only ? handleAt(only, event.at, context.tolerance, context.viewport.scale) : null;
  const hovered = handle ? null : (context.hits.at(event.at, context.tolerance)[0] ?? null);
  if (hovered === state.hovered && isSameHandle(handle, state.handle)) return { state, isHandled: false };
  return { state: { ...state, hovered, handle } };
}

/** Return what is under the pointer as it is now: it may have been changed, hidden or undone since the pointer moved. */
function hoveredNow(state: Idle, { scene, visibility }: ToolContext): Annotation | undefined {
  const current = state.hovered ? findAnnotation(scene, state.hovered.id) : undefined;
  return current && isVisible(current, visibility) ? current : undefined;
}

function handleNow(state: Idle, context: ToolContext): Handle | undefined {
  const only = state.handle ? onlyEditable(context) : undefined;
  if (!only) return undefined;
  return shapeHandles(only, context.viewport.scale).find((each) => isSameHandle(each, state.handle));
}

const isSameHandle = (a: Handle | null, b: Handle | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.at.x === b.at.x && a.at.y === b.at.y);

function moveTo(state: Moving, event: ToolPointer, context: ToolContext): Moving {
  let [dx, dy] = [event.at.x - state.from.x, event.at.y - state.from.y];
  // Shift keeps to the longer direction.
  if (event.shift) [dx, dy] = Math.abs(dx) > Math.abs(dy) ? [dx, 0] : [0, dy];
  const by = rounded(imagePoint(dx, dy));
  const [limitedX, limitedY] = limitMove(state.bounds, by.x, by.y, context.image);
  return { ...state, dx: limitedX, dy: limitedY };
}

function endFrame(state: Framing, event: ToolPointer, context: ToolContext): ToolResult<SelectState> {
  if (distance(state.screen, event.screen) < CLICK_SLOP) return { state: IDLE, selection: state.added };
  const caught = context.hits.in(boxFromCorners(state.from, clampToImage(event.at, context.image)));
  return { state: IDLE, selection: new Set([...state.added, ...caught.map(({ id }) => id)]) };
}

function endReshape({ before, after, handle }: Reshaping, context: ToolContext): ToolResult<SelectState> {
  const place = vertexAfterDrag(handle);
  const isPoint = place !== null;
  // A click on a vertex marks it; a click on the middle of an edge does nothing.
  const vertex =
    isPoint && (after !== before || handle.kind === "vertex") ? { id: before.id, ...place } : null;
  const label =
    handle.kind === "middle"
      ? `Add a point to «${before.name}»`
      : isPoint
        ? "Move a point"
        : `Resize ${countOf([before])}`;
  return { state: { ...IDLE, vertex }, command: replaceAnnotations(context.scene, [after], label) };
}

function activeVertex(state: Idle, context: ToolContext) {
  const annotation = onlyEditable(context);
  if (!state.vertex || annotation?.id !== state.vertex.id) return null;
  return vertexPoint(annotation, state.vertex) ? { annotation, place: state.vertex } : null;
}

function vertexKey(
  { annotation, place }: { annotation: Annotation; place: ActiveVertex },
  event: ToolKey,
  context: ToolContext,
): ToolResult<SelectState> | null {
  if (event.key === "Escape") return { state: IDLE };
  if (event.key === "Delete" || event.key === "Backspace") return removeVertex(annotation, place, context);
  const step = arrowStep(event);
  const at = vertexPoint(annotation, place);
  if (!step || !at) return null;
  const to = clampToImage(imagePoint(at.x + step[0], at.y + step[1]), context.image);
  const moved = dragHandle(annotation, { kind: "vertex", at, ...place }, to);
  const mergeKey = `vertex ${place.id} ${place.line} ${place.index}`;
  const command = replaceAnnotations(context.scene, [moved], "Move a point", mergeKey);
  return { state: { ...IDLE, vertex: place }, command };
}

function removeVertex(
  annotation: Annotation,
  place: VertexPlace,
  context: ToolContext,
): ToolResult<SelectState> {
  const changed = deleteVertex(annotation, place);
  if (!changed) return { state: IDLE, notice: CANNOT_DELETE_POINT };
  const command = replaceAnnotations(context.scene, [changed], `Delete a point of «${annotation.name}»`);
  return { state: IDLE, command };
}

const allClickable = (context: ToolContext): Selection =>
  new Set(context.hits.in({ x: -1e9, y: -1e9, w: 2e9, h: 2e9 }).map(({ id }) => id));
