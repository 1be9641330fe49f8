/** Draws polygons: click corners or drag freehand; closed at the first point, by Enter or a double click. Alt: a hole. */
import { Pentagon } from "lucide-react";
import { addAnnotations, newAnnotation, replaceAnnotations, rounded } from "../commands";
import { clipRing } from "../math/clip";
import { distance, type ImagePoint } from "../math/point";
import { crossesItself, MIN_RING_POINTS, nearestOnLine, ringContains, withoutRepeats } from "../math/ring";
import { type Annotation, findAnnotation, type PolygonGeometry, type Ring } from "../scene";
import { withGeometry } from "../shape";
import { editable, editKey } from "./edit-keys";
import {
  addCorner,
  beginLine,
  endStroke,
  followPointer,
  isBackKey,
  isFreehand,
  type LineDrawing,
  lineOfDrawing,
  withoutLastCorner,
} from "./line-drawing";
import { type Tool, type ToolContext, type ToolPointer, type ToolResult, unhandled } from "./tool";

export interface PolygonState {
  readonly drawing: LineDrawing | null;
  /** The polygon that gets a hole; null for a polygon of its own. */
  readonly holeOf: string | null;
}

type Polygon = Annotation & PolygonGeometry;

const IDLE: PolygonState = { drawing: null, holeOf: null };
const NO_POLYGON_HERE = "A hole begins inside a polygon. Click into one, or switch holes off.";

export const polygonTool: Tool<PolygonState> = {
  id: "polygon",
  name: "Polygon",
  icon: Pentagon,
  shortcut: "p",
  usesClass: true,
  showsGuides: true,
  tracksEveryMove: true,
  initial: IDLE,
  hint({ drawing, holeOf }, { options }) {
    if (!drawing) {
      return options.drawHoles
        ? "Click inside a polygon to begin a hole"
        : "Click corners, or drag to draw freehand · Alt inside a polygon: a hole";
    }
    if (drawing.points.length < MIN_RING_POINTS)
      return "Click the next corner · Backspace: one back · Esc: cancel";
    const what = holeOf ? "the hole" : "the polygon";
    return `Enter, double click or the first point closes ${what} · Backspace: one back · Esc: cancel`;
  },
  cursor: () => "crosshair",
  draft({ drawing, holeOf }, context) {
    if (!drawing) return {};
    const first = drawing.points[0];
    const closesAt = drawing.points.length >= MIN_RING_POINTS && !isFreehand(drawing) ? first : undefined;
    const isClosing = closesAt && distance(closesAt, drawing.pointer) <= context.tolerance * 1.5;
    return {
      line: { points: lineOfDrawing(drawing), isHole: holeOf !== null, closesAt },
      activeHandle: isClosing ? closesAt : undefined,
    };
  },
  pointerDown(state, event, context) {
    if (event.button !== 0 || context.readOnly) return unhandled(state);
    if (!state.drawing) return begin(event, context);
    const { points } = state.drawing;
    const first = points[0];
    // The second press of a double click lies on the corner that the first one made.
    if (event.clicks === 2) return points.length >= MIN_RING_POINTS ? finish(state, context) : { state };
    const isAtFirst = first && distance(first, event.at) <= context.tolerance * 1.5;
    if (isAtFirst && points.length >= MIN_RING_POINTS) return finish(state, context);
    return { state: { ...state, drawing: addCorner(state.drawing, event) } };
  },
  pointerMove(state, event, context) {
    if (!state.drawing) return unhandled(state);
    return { state: { ...state, drawing: followPointer(state.drawing, event, context) } };
  },
  pointerUp(state, event, context) {
    if (!state.drawing) return unhandled(state);
    const wasFreehand = isFreehand(state.drawing);
    const next: PolygonState = { ...state, drawing: endStroke(state.drawing, context) };
    const first = next.drawing?.points[0];
    const isBack = first && distance(first, event.at) <= context.tolerance * 2;
    const hasArea = (next.drawing?.points.length ?? 0) > MIN_RING_POINTS;
    return wasFreehand && isBack && hasArea ? finish(next, context) : { state: next };
  },
  key(state, event, context) {
    if (!state.drawing) return editKey(state, event, context);
    if (event.key === "Enter") return finish(state, context);
    if (event.key === "Escape") return { state: IDLE };
    if (!isBackKey(event)) return unhandled(state);
    const drawing = withoutLastCorner(state.drawing);
    return { state: drawing ? { ...state, drawing } : IDLE };
  },
  cancel: () => ({ state: IDLE }),
  isBusy: (state) => state.drawing !== null,
};

function begin(event: ToolPointer, context: ToolContext): ToolResult<PolygonState> {
  if (!event.alt && !context.options.drawHoles) return { state: { drawing: beginLine(event), holeOf: null } };
  const around = polygonAround(event.at, context);
  if (!around) return { state: IDLE, notice: NO_POLYGON_HERE };
  return { state: { drawing: beginLine(event), holeOf: around.id } };
}

/** Return the polygon a hole goes into: the selected one if the point is in it, else the smallest around the point. */
function polygonAround(point: ImagePoint, context: ToolContext): Polygon | undefined {
  const around = context.hits.at(point, 0).filter((each): each is Polygon => each.type === "polygon");
  const selected = new Set(editable(context).map(({ id }) => id));
  return around.find(({ id }) => selected.has(id)) ?? around[0];
}

function finish(state: PolygonState, context: ToolContext): ToolResult<PolygonState> {
  const corners = withoutRepeats(state.drawing?.points ?? [], 0.5 / context.viewport.scale, true);
  if (corners.length < MIN_RING_POINTS) return { state, notice: "A polygon needs three corners." };
  const ring = clipRing(corners.map(rounded), context.image)?.map(rounded);
  if (!ring) return { state: IDLE, notice: "The polygon has no area inside the image." };
  const notice = crossesItself(ring)
    ? "The outline crosses itself. Drag its points apart, or undo."
    : undefined;
  if (state.holeOf !== null) return finishHole(state.holeOf, ring, notice, context);
  const made = newAnnotation(context.newId(), context.className, {
    type: "polygon",
    polygon: { paths: [ring] },
  });
  return {
    state: IDLE,
    command: addAnnotations(context.scene, [made]),
    selection: new Set([made.id]),
    notice,
  };
}

function finishHole(id: string, hole: Ring, notice: string | undefined, context: ToolContext) {
  const owner = findAnnotation(context.scene, id);
  const outer = owner?.type === "polygon" ? owner.polygon.paths[0] : undefined;
  if (owner?.type !== "polygon" || !outer) return { state: IDLE, notice: NO_POLYGON_HERE };
  // Corners outside would make land of the sea around: they are drawn to the shore.
  const inside = hole.map((point) =>
    ringContains(outer, point) ? point : rounded(nearestOnLine(outer, true, point)?.point ?? point),
  );
  const changed = withGeometry(owner, {
    type: "polygon",
    polygon: { paths: [...owner.polygon.paths, inside] },
  });
  const command = replaceAnnotations(context.scene, [changed], `Cut a hole in «${owner.name}»`);
  return { state: IDLE, command, selection: new Set([id]), notice };
}
