/** Many emphasised shapes as one bitmap: selecting or dragging a thousand of them costs a frame no more than one. */
import type { Size } from "../math/point";
import type { Viewport } from "../math/viewport";
import type { Shape } from "../scene";
import { drawShape } from "./draw-shape";
import { MARGIN } from "./layer";
import { emphasised, type Look, styleOf } from "./style";

export class GroupBitmap {
  private canvas: HTMLCanvasElement | null = null;
  private key: readonly unknown[] = [];
  private painted: Viewport | null = null;

  /** Draw the shapes moved by a vector of image pixels, on a canvas that is in CSS pixels of the view. */
  draw(
    ctx: CanvasRenderingContext2D,
    shapes: readonly Shape[],
    look: Look,
    by: { readonly dx: number; readonly dy: number },
    at: {
      readonly viewport: Viewport;
      readonly view: Size;
      readonly ratio: number;
      readonly isResting: boolean;
    },
  ): void {
    const key = [shapes, look.colors, look.visibility, at.view.width, at.view.height, at.ratio];
    const isSame = key.every((part, index) => part === this.key[index]);
    if (!isSame || !this.painted || (at.isResting && at.viewport !== this.painted)) {
      this.paint(shapes, look, at);
      this.key = key;
    }
    const { canvas, painted } = this;
    if (!canvas || !painted) return;
    const scale = at.viewport.scale / painted.scale;
    const x = at.viewport.x - (painted.x + MARGIN) * scale + by.dx * at.viewport.scale;
    const y = at.viewport.y - (painted.y + MARGIN) * scale + by.dy * at.viewport.scale;
    ctx.drawImage(canvas, x, y, (canvas.width / at.ratio) * scale, (canvas.height / at.ratio) * scale);
  }

  /** Forget the bitmap, which takes memory, once there is no group. */
  drop(): void {
    this.canvas = null;
    this.painted = null;
    this.key = [];
  }

  private paint(
    shapes: readonly Shape[],
    look: Look,
    { viewport, view, ratio }: { viewport: Viewport; view: Size; ratio: number },
  ): void {
    const canvas = this.canvas ?? document.createElement("canvas");
    canvas.width = Math.round((view.width + 2 * MARGIN) * ratio);
    canvas.height = Math.round((view.height + 2 * MARGIN) * ratio);
    const ctx = canvas.getContext("2d");
    if (!ctx) return;
    const scale = viewport.scale * ratio;
    ctx.setTransform(scale, 0, 0, scale, (viewport.x + MARGIN) * ratio, (viewport.y + MARGIN) * ratio);
    for (const shape of shapes) drawShape(ctx, shape, emphasised(styleOf(shape, look)), viewport.scale);
    this.canvas = canvas;
    this.painted = viewport;
  }
}
