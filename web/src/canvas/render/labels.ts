/** Names and confidences beside the shapes, where there is room for them. */
import { textOn } from "@/lib/class-colors";
import { toScreen, type Viewport } from "../math/viewport";
import { isMachineMade, type Shape } from "../scene";
import { boundsOf } from "../shape";
import { type Look, styleOf } from "./style";

const FAMILY = '"Inter Variable", system-ui, sans-serif';
const PADDING = 4;
const MAX_TEXT = 28;
/** A shape of less than this on the screen has no label, CSS pixels. */
const MIN_WIDTH = 28;
const MIN_HEIGHT = 12;

const widths = new Map<string, number>();

/** Height of a label with letters of a size, CSS pixels. */
export const labelHeight = (size: number): number => Math.round(size * 1.45);

/** A label reaches at most so far from its shape's box, CSS pixels: 28 letters and a number of three. */
export const labelReach = (size: number): number => 20 * size;

export function hasRoomForLabel(shape: Shape, scale: number): boolean {
  if (shape.type === "keypoint") return scale >= 1;
  const { w, h } = boundsOf(shape);
  return w * scale >= MIN_WIDTH && (h * scale >= MIN_HEIGHT || shape.type === "polyline");
}

/** Return «car 87 %»; what people drew is certain and has no number. */
export function labelText(shape: Shape, look: Look): string {
  const name = shape.name.length > MAX_TEXT ? `${shape.name.slice(0, MAX_TEXT - 1)}…` : shape.name;
  const isMachines = (look.isMachineMade ?? isMachineMade)(shape);
  return isMachines || shape.confidence < 1 ? `${name} ${Math.round(shape.confidence * 100)} %` : name;
}

/**
 * Draw the label above the shape, on a canvas that is in CSS pixels of the view.
 *
 * Of what is being worked on (`isKept`) it stays in the view though the upper left corner of the shape is outside.
 */
export function drawLabel(
  ctx: CanvasRenderingContext2D,
  shape: Shape,
  look: Look,
  viewport: Viewport,
  isKept = false,
): void {
  const style = styleOf(shape, look);
  const text = labelText(shape, look);
  const box = boundsOf(shape);
  const at = toScreen(viewport, { x: box.x, y: box.y });
  const height = labelHeight(look.labelSize);
  ctx.font = `500 ${look.labelSize}px ${FAMILY}`;
  ctx.textBaseline = "middle";
  const width = widthOf(ctx, text) + 2 * PADDING;
  const [left, top] = [Math.round(at.x), Math.round(at.y) - height - 1];
  const [x, y] = isKept ? [Math.max(left, 2), Math.max(top, 2)] : [left, top];
  ctx.globalAlpha = 0.92;
  ctx.fillStyle = style.color;
  ctx.fillRect(x, y, width, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = textOn(style.color);
  ctx.fillText(text, x + PADDING, y + height / 2 + 0.5);
}

function widthOf(ctx: CanvasRenderingContext2D, text: string): number {
  const key = `${ctx.font} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  const width = ctx.measureText(text).width;
  // Confidences make many different texts; a few thousand are enough to remember.
  if (widths.size > 5000) widths.clear();
  widths.set(key, width);
  return width;
}
