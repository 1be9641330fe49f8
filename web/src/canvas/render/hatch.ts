/** The hatched area of what a model proposes: nobody takes it for an annotation. */
import type { Shape } from "../scene";
import { pathOf } from "./paths";

const patterns = new Map<string, CanvasPattern>();
/** CSS pixels from line to line. */
const STEP = 8;

/** Hatch the shape's area on a canvas that is in image pixels; the lines are of one width at every zoom. */
export function hatch(ctx: CanvasRenderingContext2D, shape: Shape, color: string, scale: number): void {
  if (shape.type !== "bbox" && shape.type !== "polygon") return;
  const pattern = patternOf(ctx, color);
  if (!pattern) return;
  pattern.setTransform(new DOMMatrix().scale(1 / scale));
  ctx.globalAlpha = 0.5;
  ctx.fillStyle = pattern;
  ctx.fill(pathOf(shape, scale).path, "evenodd");
  ctx.globalAlpha = 1;
}

function patternOf(ctx: CanvasRenderingContext2D, color: string): CanvasPattern | null {
  const known = patterns.get(color);
  if (known) return known;
  const tile = document.createElement("canvas");
  tile.width = STEP;
  tile.height = STEP;
  const draw = tile.getContext("2d");
  if (!draw) return null;
  draw.strokeStyle = color;
  draw.lineWidth = 2;
  draw.beginPath();
  // Three lines, or the corners of the tiles would be missing.
  for (const shift of [-STEP, 0, STEP]) {
    draw.moveTo(shift - 1, STEP + 1);
    draw.lineTo(shift + STEP + 1, -1);
  }
  draw.stroke();
  const made = ctx.createPattern(tile, "repeat");
  if (made) patterns.set(color, made);
  return made;
}
