/** The layer with the image: painted once for a view, then moved; brightness and contrast cost no painting. */
import type { Size } from "../math/point";
import type { Viewport } from "../math/viewport";
import { levelFor, type Picture } from "../picture";
import { Layer } from "./layer";

export class ImageLayer {
  private readonly layer: Layer;
  private ratio = 1;

  constructor(parent: HTMLElement) {
    this.layer = new Layer(parent);
  }

  resize(view: Size, ratio: number): void {
    this.ratio = ratio;
    this.layer.resize(view, ratio);
  }

  paint(picture: Picture | null, image: Size, viewport: Viewport): void {
    const { layer } = this;
    layer.clear();
    layer.painted = viewport;
    const pixels = viewport.scale * this.ratio;
    const level =
      picture && levelFor(picture, { width: image.width * pixels, height: image.height * pixels });
    if (!level) return;
    layer.toImageSpace(viewport);
    // Enlarged, pixels are to be seen as what they are.
    layer.ctx.imageSmoothingEnabled = pixels < 3;
    layer.ctx.imageSmoothingQuality = "medium";
    const extent = layer.extent(viewport);
    const left = Math.max(Math.floor(extent.x), 0);
    const top = Math.max(Math.floor(extent.y), 0);
    const right = Math.min(Math.ceil(extent.x + extent.w), image.width);
    const bottom = Math.min(Math.ceil(extent.y + extent.h), image.height);
    if (right <= left || bottom <= top) return;
    const [sx, sy] = [level.size.width / image.width, level.size.height / image.height];
    const [w, h] = [right - left, bottom - top];
    layer.ctx.drawImage(level.source, left * sx, top * sy, w * sx, h * sy, left, top, w, h);
  }

  place(viewport: Viewport): void {
    this.layer.place(viewport);
  }

  covers(viewport: Viewport, image: Size): boolean {
    return this.layer.covers(viewport, image);
  }

  get painted(): Viewport | null {
    return this.layer.painted;
  }

  setFilter(brightness: number, contrast: number): void {
    const isPlain = brightness === 1 && contrast === 1;
    this.layer.canvas.style.filter = isPlain ? "" : `brightness(${brightness}) contrast(${contrast})`;
  }

  remove(): void {
    this.layer.remove();
  }
}
