/** Draws one shape on a canvas that is in image pixels. */
import type { Shape } from "../scene";
import { boundsOf } from "../shape";
import { DOT_SIZE, isDot, pathOf } from "./paths";
import { DASH, KEYPOINT_RADIUS, type ShapeStyle } from "./style";

/** Draw the shape; `scale` is CSS pixels per image pixel. Return how many points that took. */
export function drawShape(
  ctx: CanvasRenderingContext2D,
  shape: Shape,
  style: ShapeStyle,
  scale: number,
): number {
  if (shape.type === "keypoint") return drawKeypoint(ctx, shape.keypoint, style, scale);
  if (isDot(shape, scale)) return drawDot(ctx, shape, style, scale);
  const { path, points } = pathOf(shape, scale);
  if (style.fillAlpha > 0 && shape.type !== "polyline") {
    ctx.globalAlpha = style.fillAlpha;
    ctx.fillStyle = style.color;
    ctx.fill(path, "evenodd");
  }
  if (style.rimAlpha > 0) {
    ctx.globalAlpha = style.rimAlpha;
    ctx.strokeStyle = "#000000";
    ctx.lineWidth = (style.lineWidth + 1.75) / scale;
    ctx.setLineDash([]);
    ctx.stroke(path);
  }
  ctx.globalAlpha = style.strokeAlpha;
  ctx.strokeStyle = style.color;
  ctx.lineWidth = style.lineWidth / scale;
  setDash(ctx, style.isDashed, scale);
  ctx.stroke(path);
  ctx.globalAlpha = 1;
  return points;
}

/** Draw a line around the shape that is seen on any picture: what is selected has it. */
export function drawHalo(ctx: CanvasRenderingContext2D, shape: Shape, scale: number): void {
  ctx.globalAlpha = 0.85;
  ctx.strokeStyle = "#ffffff";
  ctx.lineWidth = 4 / scale;
  setDash(ctx, false, scale);
  if (shape.type === "keypoint") {
    ctx.beginPath();
    ctx.arc(shape.keypoint.x, shape.keypoint.y, (KEYPOINT_RADIUS + 2) / scale, 0, 2 * Math.PI);
    ctx.stroke();
  } else ctx.stroke(pathOf(shape, scale).path);
  ctx.globalAlpha = 1;
}

export function setDash(ctx: CanvasRenderingContext2D, isDashed: boolean, scale: number): void {
  ctx.setLineDash(isDashed ? DASH.map((length) => length / scale) : []);
}

function drawDot(ctx: CanvasRenderingContext2D, shape: Shape, style: ShapeStyle, scale: number): number {
  const { x, y, w, h } = boundsOf(shape);
  const side = DOT_SIZE / scale;
  ctx.globalAlpha = style.strokeAlpha;
  ctx.fillStyle = style.color;
  ctx.fillRect(x + w / 2 - side / 2, y + h / 2 - side / 2, side, side);
  ctx.globalAlpha = 1;
  return 1;
}

function drawKeypoint(
  ctx: CanvasRenderingContext2D,
  { x, y }: { x: number; y: number },
  style: ShapeStyle,
  scale: number,
): number {
  ctx.beginPath();
  ctx.arc(x, y, KEYPOINT_RADIUS / scale, 0, 2 * Math.PI);
  ctx.globalAlpha = style.strokeAlpha;
  ctx.fillStyle = style.color;
  ctx.fill();
  // A dark rim, or a yellow point is lost on a bright picture; a machine's point is hollow.
  ctx.strokeStyle = style.isDashed ? "#ffffff" : "#000000";
  ctx.lineWidth = 1 / scale;
  ctx.setLineDash([]);
  ctx.stroke();
  ctx.globalAlpha = 1;
  return 4;
}
