/** Handles, guides, frames, prompts and the line being drawn, in CSS pixels: one size at every zoom, seen on any image. */
import { type Box, boxCorners } from "../math/box";
import type { ScreenPoint, Size } from "../math/point";
import { toScreen, type Viewport } from "../math/viewport";

// Not of the theme: they lie on photographs, which are neither light nor dark.
const LIGHT = "#ffffff";
const DARK = "#16181d";
const YES = "#16a34a";
const NO = "#dc2626";

type Context = CanvasRenderingContext2D;

export function drawHandles(
  ctx: Context,
  handles: readonly { readonly kind: "box" | "vertex" | "middle" | "active"; readonly at: ScreenPoint }[],
): void {
  ctx.setLineDash([]);
  ctx.lineWidth = 1.25;
  ctx.strokeStyle = DARK;
  for (const { kind, at } of handles) {
    ctx.globalAlpha = kind === "middle" ? 0.7 : 1;
    ctx.fillStyle = kind === "active" ? DARK : LIGHT;
    ctx.strokeStyle = kind === "active" ? LIGHT : DARK;
    ctx.beginPath();
    if (kind === "box") ctx.rect(at.x - 4, at.y - 4, 8, 8);
    else ctx.arc(at.x, at.y, kind === "middle" ? 3 : kind === "active" ? 6 : 4.5, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

export function drawGuides(ctx: Context, { x, y }: ScreenPoint, view: Size): void {
  const path = new Path2D();
  path.moveTo(Math.round(x) + 0.5, 0);
  path.lineTo(Math.round(x) + 0.5, view.height);
  path.moveTo(0, Math.round(y) + 0.5);
  path.lineTo(view.width, Math.round(y) + 0.5);
  ctx.lineWidth = 1;
  strokeTwice(ctx, path, 0.55);
}

export function drawFrame(ctx: Context, box: Box, viewport: Viewport, kind: "select" | "prompt"): void {
  const [from, , to] = boxCorners(box).map((corner) => toScreen(viewport, corner));
  if (!from || !to) return;
  const path = new Path2D();
  path.rect(from.x, from.y, to.x - from.x, to.y - from.y);
  ctx.globalAlpha = kind === "select" ? 0.12 : 0.06;
  ctx.fillStyle = LIGHT;
  ctx.fill(path);
  ctx.lineWidth = kind === "select" ? 1 : 2;
  strokeTwice(ctx, path, 1);
}

export function drawPrompts(
  ctx: Context,
  points: readonly { readonly at: ScreenPoint; readonly isPositive: boolean }[],
): void {
  ctx.setLineDash([]);
  for (const { at, isPositive } of points) {
    ctx.beginPath();
    ctx.arc(at.x, at.y, 8, 0, 2 * Math.PI);
    ctx.fillStyle = isPositive ? YES : NO;
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = LIGHT;
    ctx.stroke();
    // A plus and a minus: the colours alone would not do.
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(at.x - 4, at.y);
    ctx.lineTo(at.x + 4, at.y);
    if (isPositive) {
      ctx.moveTo(at.x, at.y - 4);
      ctx.lineTo(at.x, at.y + 4);
    }
    ctx.stroke();
  }
}

/** The line being drawn: its corners, on to the pointer, and where it would close. */
export function drawOpenLine(
  ctx: Context,
  points: readonly ScreenPoint[],
  look: { readonly color: string; readonly isHole?: boolean; readonly closesAt?: ScreenPoint },
): void {
  const path = new Path2D();
  points.forEach(({ x, y }, index) => {
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
  if (look.closesAt) {
    ctx.globalAlpha = look.isHole ? 0.3 : 0.2;
    ctx.fillStyle = look.isHole ? DARK : look.color;
    ctx.fill(path, "evenodd");
  }
  ctx.globalAlpha = 0.85;
  ctx.setLineDash([]);
  ctx.lineWidth = 4;
  ctx.strokeStyle = LIGHT;
  ctx.stroke(path);
  ctx.globalAlpha = 1;
  ctx.lineWidth = 2;
  ctx.strokeStyle = look.isHole ? DARK : look.color;
  ctx.setLineDash(look.isHole ? [5, 4] : []);
  ctx.stroke(path);
  const corners = points.slice(0, -1);
  // A freehand stroke has a corner at every pixel; dots on all of them would be a thick line.
  if (corners.length <= 400)
    drawHandles(
      ctx,
      corners.map((at) => ({ kind: "vertex", at })),
    );
  if (look.closesAt) drawHandles(ctx, [{ kind: "active", at: look.closesAt }]);
}

/** Where the arrow keys have led the pointer: a cross in a ring. */
export function drawKeyboardPointer(ctx: Context, { x, y }: ScreenPoint): void {
  const path = new Path2D();
  path.arc(x, y, 9, 0, 2 * Math.PI);
  path.moveTo(x - 14, y);
  path.lineTo(x + 14, y);
  path.moveTo(x, y - 14);
  path.lineTo(x, y + 14);
  ctx.lineWidth = 2;
  strokeTwice(ctx, path, 1);
}

/** Dark and light by turns, so that the line is seen on dark and on light pictures. */
function strokeTwice(ctx: Context, path: Path2D, alpha: number): void {
  ctx.globalAlpha = alpha;
  ctx.setLineDash([]);
  ctx.strokeStyle = DARK;
  ctx.stroke(path);
  ctx.setLineDash([4, 4]);
  ctx.strokeStyle = LIGHT;
  ctx.stroke(path);
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}
