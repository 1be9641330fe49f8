/**
 * The layer with the annotations that nobody is changing: painted for a view, moved as a bitmap while the view changes.
 *
 * Thousands of shapes take longer than a frame, so a new painting is made a slice a frame on a second canvas that takes
 * the first one's place when it is whole. A few changed shapes are painted over at once, in their region only.
 */
import { gridOf } from "../hit-index";
import { type Box, boxUnion, growBox } from "../math/box";
import type { Size } from "../math/point";
import type { Viewport } from "../math/viewport";
import { type Annotation, isVisible, type Scene, type Selection } from "../scene";
import { drawShape } from "./draw-shape";
import { drawLabel, hasRoomForLabel, labelHeight, labelReach } from "./labels";
import { Layer } from "./layer";
import { isDot } from "./paths";
import { type Look, styleOf } from "./style";

/** What is to be painted. */
export interface ShapesPicture {
  readonly scene: Scene;
  readonly look: Look;
  /** Drawn by the active layer, because somebody is dragging them. */
  readonly leftOut: Selection;
  readonly showLabels: boolean;
}

/** Work of one frame: points of outlines, of which software rendering paints so many in about 8 ms. */
const POINTS_A_FRAME = 6000;
/** More labels than this would hide the image, and text is slow to draw. */
const MAX_LABELS = 200;
/** Lines and dots reach beyond their boxes, CSS pixels. */
const LINE_REACH = 6;

interface Job {
  readonly picture: ShapesPicture;
  readonly viewport: Viewport;
  readonly shapes: readonly Annotation[];
  next: number;
}

export class ShapesLayer {
  private front: Layer;
  private back: Layer;
  private job: Job | null = null;
  private view: Size = { width: 0, height: 0 };
  private ratio = 1;
  /** Whether what is shown was painted for a canvas of another size. */
  isResized = false;
  private readonly labelled = new Set<string>();

  constructor(parent: HTMLElement) {
    this.front = new Layer(parent);
    this.back = new Layer(parent);
    this.back.canvas.style.visibility = "hidden";
  }

  resize(view: Size, ratio: number): void {
    if (view.width === this.view.width && view.height === this.view.height && ratio === this.ratio) return;
    this.view = view;
    this.ratio = ratio;
    this.isResized = true;
  }

  /** Begin a painting for a view; the old one is shown until the new one is whole. */
  begin(picture: ShapesPicture, viewport: Viewport): void {
    const { back } = this;
    back.resize(this.view, this.ratio);
    this.isResized = false;
    back.clear();
    const shapes = gridOf(picture.scene)
      .touching(growBox(back.extent(viewport), labelReach(picture.look.labelSize) / viewport.scale))
      .filter((each) => isVisible(each, picture.look.visibility) && !picture.leftOut.has(each.id));
    this.job = { picture, viewport, shapes, next: 0 };
  }

  get isPainting(): boolean {
    return this.job !== null;
  }

  /** Paint the next slice; return whether the painting is whole and shown. */
  continue(points: number = POINTS_A_FRAME): boolean {
    const { job, back } = this;
    if (!job) return true;
    back.toImageSpace(job.viewport);
    for (let left = points; left > 0 && job.next < job.shapes.length; job.next += 1) {
      const shape = job.shapes[job.next];
      if (shape) left -= 4 + drawShape(back.ctx, shape, styleOf(shape, job.picture.look), job.viewport.scale);
    }
    if (job.next < job.shapes.length) return false;
    this.labelled.clear();
    this.paintLabels(back, job.shapes, job.picture, job.viewport);
    this.swap(job.viewport);
    return true;
  }

  /** Paint all of it now. */
  finish(): boolean {
    return this.continue(Number.POSITIVE_INFINITY);
  }

  /** Paint only where shapes changed. Return false if nothing is painted yet, so that all of it has to be. */
  repaint(picture: ShapesPicture, changed: readonly Box[]): boolean {
    const viewport = this.front.painted;
    if (!viewport) return false;
    for (const region of mergedRegions(changed)) this.repaintRegion(picture, viewport, region);
    return true;
  }

  place(viewport: Viewport): void {
    this.front.place(viewport);
  }

  covers(viewport: Viewport, image: Size): boolean {
    return this.front.covers(viewport, image);
  }

  get painted(): Viewport | null {
    return this.front.painted;
  }

  /** Show nothing until the next painting is whole. */
  forget(): void {
    this.job = null;
    this.front.clear();
    this.front.painted = null;
  }

  setShown(isShown: boolean): void {
    this.front.canvas.style.opacity = isShown ? "" : "0";
    this.back.canvas.style.opacity = isShown ? "" : "0";
  }

  remove(): void {
    this.front.remove();
    this.back.remove();
  }

  private swap(viewport: Viewport): void {
    this.job = null;
    [this.front, this.back] = [this.back, this.front];
    this.front.painted = viewport;
    this.front.canvas.style.visibility = "";
    this.back.canvas.style.visibility = "hidden";
  }

  /** The first ones have labels, and keep them when a region is painted over. */
  private paintLabels(
    layer: Layer,
    shapes: readonly Annotation[],
    { look, showLabels }: ShapesPicture,
    viewport: Viewport,
  ): void {
    if (!showLabels) return;
    layer.toScreenSpace();
    for (const shape of shapes) {
      const isSeen = shape.confidence >= look.visibility.threshold && !isDot(shape, viewport.scale);
      if (!isSeen || !hasRoomForLabel(shape, viewport.scale)) continue;
      if (this.labelled.size >= MAX_LABELS && !this.labelled.has(shape.id)) continue;
      this.labelled.add(shape.id);
      drawLabel(layer.ctx, shape, look, viewport);
    }
  }

  private repaintRegion(picture: ShapesPicture, viewport: Viewport, changed: Box): void {
    const { front } = this;
    const { scale } = viewport;
    const size = picture.look.labelSize;
    const dirty = withLabel(growBox(changed, LINE_REACH / scale), size, scale);
    const { ctx } = front;
    ctx.save();
    front.clipTo(viewport, dirty);
    // A label further left or below reaches in here as well.
    const near = growBox(dirty, labelReach(size) / scale);
    const shapes = gridOf(picture.scene)
      .touching(near)
      .filter((each) => isVisible(each, picture.look.visibility) && !picture.leftOut.has(each.id));
    front.toImageSpace(viewport);
    for (const shape of shapes) drawShape(ctx, shape, styleOf(shape, picture.look), scale);
    this.paintLabels(front, shapes, picture, viewport);
    ctx.restore();
  }
}

/** Return the box grown by the label above its top left corner. */
function withLabel(box: Box, size: number, scale: number): Box {
  const height = (labelHeight(size) + 8) / scale;
  const label = { x: box.x, y: box.y - height, w: labelReach(size) / scale, h: height };
  return boxUnion(box, label);
}

/** Return fewer regions: many would be painted one over the other. */
function mergedRegions(boxes: readonly Box[]): readonly Box[] {
  const [first, ...rest] = boxes;
  return boxes.length <= 16 || !first ? boxes : [rest.reduce(boxUnion, first)];
}
