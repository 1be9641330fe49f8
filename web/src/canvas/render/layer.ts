/** A canvas that is painted for one view and moved, as a bitmap, while the view changes. */
import type { Box } from "../math/box";
import type { Size } from "../math/point";
import { toImage, type Viewport } from "../math/viewport";

/** So much is painted beyond the view on every side, CSS pixels: panning shows it before anything is painted anew. */
export const MARGIN = 160;

export class Layer {
  readonly canvas = document.createElement("canvas");
  readonly ctx: CanvasRenderingContext2D;
  /** The view it was painted for; null while nothing is on it. */
  painted: Viewport | null = null;
  private view: Size = { width: 0, height: 0 };
  private ratio = 1;

  constructor(
    parent: HTMLElement,
    private readonly margin: number = MARGIN,
  ) {
    const ctx = this.canvas.getContext("2d");
    if (!ctx) throw new Error("This browser draws no 2D canvas.");
    this.ctx = ctx;
    this.canvas.ariaHidden = "true";
    Object.assign(this.canvas.style, {
      position: "absolute",
      left: `${-margin}px`,
      top: `${-margin}px`,
      transformOrigin: "0 0",
      pointerEvents: "none",
    });
    if (margin > 0) this.canvas.style.willChange = "transform";
    parent.append(this.canvas);
  }

  /** Give the canvas the size of the view at a device pixel ratio, and return whether that cleared it. */
  resize(view: Size, ratio: number): boolean {
    if (view.width === this.view.width && view.height === this.view.height && ratio === this.ratio)
      return false;
    this.view = view;
    this.ratio = ratio;
    this.canvas.width = Math.max(Math.round((view.width + 2 * this.margin) * ratio), 1);
    this.canvas.height = Math.max(Math.round((view.height + 2 * this.margin) * ratio), 1);
    this.canvas.style.width = `${this.canvas.width / ratio}px`;
    this.canvas.style.height = `${this.canvas.height / ratio}px`;
    this.painted = null;
    return true;
  }

  clear(): void {
    this.ctx.setTransform(1, 0, 0, 1, 0, 0);
    this.ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Draw in image pixels from here on. */
  toImageSpace(viewport: Viewport): void {
    const scale = viewport.scale * this.ratio;
    const [x, y] = [(viewport.x + this.margin) * this.ratio, (viewport.y + this.margin) * this.ratio];
    this.ctx.setTransform(scale, 0, 0, scale, x, y);
  }

  /** Draw in CSS pixels of the view from here on. */
  toScreenSpace(): void {
    const offset = this.margin * this.ratio;
    this.ctx.setTransform(this.ratio, 0, 0, this.ratio, offset, offset);
  }

  /** Clear a region given in image pixels, and draw only in it until `restore`. On whole device pixels: no seams. */
  clipTo(viewport: Viewport, region: Box): void {
    const scale = viewport.scale * this.ratio;
    const left = Math.floor((region.x * viewport.scale + viewport.x + this.margin) * this.ratio) - 1;
    const top = Math.floor((region.y * viewport.scale + viewport.y + this.margin) * this.ratio) - 1;
    const [width, height] = [Math.ceil(region.w * scale) + 3, Math.ceil(region.h * scale) + 3];
    this.ctx.setTransform(1, 0, 0, 1, 0, 0);
    this.ctx.beginPath();
    this.ctx.rect(left, top, width, height);
    this.ctx.clip();
    this.ctx.clearRect(left, top, width, height);
  }

  /** Return the part of the image, in its pixels, that a view would fill the canvas with. */
  extent(viewport: Viewport): Box {
    const corner = toImage(viewport, { x: -this.margin, y: -this.margin });
    const [width, height] = [this.view.width + 2 * this.margin, this.view.height + 2 * this.margin];
    return { ...corner, w: width / viewport.scale, h: height / viewport.scale };
  }

  /** Move and stretch what was painted so that it fits another view. */
  place(viewport: Viewport): void {
    const painted = this.painted;
    if (!painted) return;
    const scale = viewport.scale / painted.scale;
    const x = viewport.x + this.margin - (painted.x + this.margin) * scale;
    const y = viewport.y + this.margin - (painted.y + this.margin) * scale;
    const isSame = viewport.x === painted.x && viewport.y === painted.y && scale === 1;
    this.canvas.style.transform = isSame ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
  }

  /** Return whether what was painted fills the whole view, at a scale near enough, or all of the image that is in it. */
  covers(viewport: Viewport, image: Size): boolean {
    const painted = this.painted;
    if (!painted) return false;
    const ratio = viewport.scale / painted.scale;
    if (ratio > 1.6 || ratio < 0.625) return false;
    const has = this.extent(painted);
    const [from, to] = [
      toImage(viewport, { x: 0, y: 0 }),
      toImage(viewport, { x: this.view.width, y: this.view.height }),
    ];
    return (
      Math.max(from.x, 0) >= has.x &&
      Math.max(from.y, 0) >= has.y &&
      Math.min(to.x, image.width) <= has.x + has.w &&
      Math.min(to.y, image.height) <= has.y + has.h
    );
  }

  remove(): void {
    this.canvas.remove();
  }
}
