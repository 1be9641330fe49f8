/** Decides what is painted when: the active layer each frame, the others once the view rests or a shape has changed. */
import { type CanvasPicture, ChosenShapes, leftOutBy } from "./active-picture";
import type { Picture } from "./picture";
import { ActiveLayer } from "./render/active-layer";
import { changedRegions } from "./render/changed-regions";
import { ImageLayer } from "./render/image-layer";
import { ShapesLayer, type ShapesPicture } from "./render/shapes-layer";
import { LABEL_SIZE, type Look, MAX_RIMS } from "./render/style";

/** A view that has not changed for so long is at rest, milliseconds. */
const REST_AFTER = 120;
/** While the view moves, what is not covered any more is painted at most so often, milliseconds. */
const REPAINT_EVERY = 200;
/** A scene of fewer shapes is painted for every frame of a zoom: lines keep their width. */
const FEW_SHAPES = 60;

export class Painter {
  private readonly image: ImageLayer;
  private readonly shapes: ShapesLayer;
  private readonly active: ActiveLayer;
  private source: Picture | null = null;
  private isImageStale = true;
  private isActiveStale = true;
  private restsAt = 0;
  private isResting = true;
  private imagePaintedAt = 0;
  private shapesPaintedAt = 0;
  /** What the shapes layer shows, or will when its painting is whole. */
  private shown: ShapesPicture | null = null;
  private pending: ShapesPicture | null = null;
  private look: Look | null = null;
  private readonly chosen = new ChosenShapes();
  private request = 0;
  private timer = 0;

  constructor(
    parent: HTMLElement,
    private readonly picture: () => CanvasPicture,
    private readonly tell: { readonly onRest: () => void; readonly onFrame: () => void },
  ) {
    this.image = new ImageLayer(parent);
    this.shapes = new ShapesLayer(parent);
    this.active = new ActiveLayer(parent);
  }

  close(): void {
    cancelAnimationFrame(this.request);
    clearTimeout(this.timer);
    this.image.remove();
    this.shapes.remove();
    this.active.remove();
  }

  /** The view has moved, or the canvas has another size. */
  viewChanged(): void {
    this.isResting = false;
    this.restsAt = performance.now() + REST_AFTER;
    this.activeChanged();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), REST_AFTER + 1);
  }

  activeChanged(): void {
    this.isActiveStale = true;
    this.ask();
  }

  setPicture(picture: Picture): void {
    this.source = picture;
    this.isImageStale = true;
    this.ask();
  }

  /** Another image: nothing of the old one is to be seen under new annotations. */
  forgetImage(): void {
    this.source = null;
    this.isImageStale = true;
    this.shapes.forget();
    this.shown = null;
    this.pending = null;
    this.activeChanged();
  }

  private ask(): void {
    if (this.request === 0) this.request = requestAnimationFrame((now) => this.frame(now));
  }

  private frame(now: number): void {
    this.request = 0;
    const picture = this.picture();
    const { view, viewport, props } = picture;
    if (view.width === 0 || view.height === 0) return;
    const wasResting = this.isResting;
    this.isResting = performance.now() >= this.restsAt;
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.image.resize(view, ratio);
    this.shapes.resize(view, ratio);
    this.active.resize(view, ratio);
    this.image.setFilter(props.brightness ?? 1, props.contrast ?? 1);
    this.shapes.setShown(props.showAnnotations ?? true);
    this.active.setShown(props.showAnnotations ?? true);
    this.paintImage(picture, now);
    this.paintShapes(picture, now);
    this.image.place(viewport);
    this.shapes.place(viewport);
    if (this.isActiveStale) {
      this.isActiveStale = false;
      this.paintActive(picture);
    }
    this.tell.onFrame();
    if (!wasResting && this.isResting) {
      this.isActiveStale = true;
      this.tell.onRest();
    }
    if (this.shapes.isPainting || this.isActiveStale) this.ask();
  }

  private paintImage({ props, viewport }: CanvasPicture, now: number): void {
    const { painted } = this.image;
    const isOld = this.isImageStale || painted === null;
    const isCovered = this.image.covers(viewport, props.image);
    if (!isOld && (painted === viewport || !this.mayRepaint(isCovered, now - this.imagePaintedAt))) return;
    this.image.paint(this.source, props.image, viewport);
    this.isImageStale = false;
    this.imagePaintedAt = now;
  }

  private paintShapes(picture: CanvasPicture, now: number): void {
    const wanted = this.wantedShapes(picture);
    const { viewport, props } = picture;
    if (this.pending) {
      if (!this.shapes.continue()) {
        this.updateFront(wanted);
        return;
      }
      this.shown = this.pending;
      this.pending = null;
    }
    const isFew = props.scene.annotations.length <= FEW_SHAPES;
    if (!this.isOutdated(picture, isFew, now) && this.updateFront(wanted)) return;
    this.shapesPaintedAt = now;
    this.shapes.begin(wanted, viewport);
    if (isFew ? this.shapes.finish() : this.shapes.continue()) this.shown = wanted;
    else this.pending = wanted;
  }

  /** Return whether the bitmap with the shapes does no longer do for the view. */
  private isOutdated({ viewport, props }: CanvasPicture, isFew: boolean, now: number): boolean {
    const { painted, isResized } = this.shapes;
    if (!painted || (painted === viewport && !isResized)) return !painted;
    if (isFew && painted.scale !== viewport.scale) return true;
    return this.mayRepaint(this.shapes.covers(viewport, props.image), now - this.shapesPaintedAt);
  }

  /** Paint over what has changed, and return whether that was all: false if everything has to be painted anew. */
  private updateFront(wanted: ShapesPicture): boolean {
    if (!this.shown) return false;
    const regions = changedRegions(this.shown, wanted);
    if (regions === "all") return false;
    if (regions.length > 0 && !this.shapes.repaint(wanted, regions)) return false;
    this.shown = wanted;
    return true;
  }

  private mayRepaint(isCovered: boolean, since: number): boolean {
    return this.isResting || (!isCovered && since > REPAINT_EVERY);
  }

  private wantedShapes({ props, visibility, draft }: CanvasPicture): ShapesPicture {
    const { colors, isMachineMade } = props;
    const hasRims = props.scene.annotations.length <= MAX_RIMS;
    const labelSize = props.labelSize ?? LABEL_SIZE;
    const wanted: Look = { colors, visibility, isMachineMade, hasRims, labelSize };
    const look = this.look && isSameLook(this.look, wanted) ? this.look : wanted;
    this.look = look;
    const leftOut = leftOutBy(draft, props.scene, (this.pending ?? this.shown)?.leftOut);
    return { scene: props.scene, look, leftOut, showLabels: (props.labels ?? "selected") === "all" };
  }

  private paintActive(picture: CanvasPicture): void {
    const { leftOut, look } = this.wantedShapes(picture);
    this.active.paint(this.chosen.activePicture(picture, look, leftOut, this.isResting));
  }
}

const isSameLook = (one: Look, other: Look): boolean =>
  one.colors === other.colors &&
  one.visibility === other.visibility &&
  one.isMachineMade === other.isMachineMade &&
  one.hasRims === other.hasRims &&
  one.labelSize === other.labelSize;
