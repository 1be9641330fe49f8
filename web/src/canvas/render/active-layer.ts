/** The layer of what is going on: selection and handles, what is being drawn or dragged, prompts, proposals, guides. */
import type { ImagePoint, ScreenPoint, Size } from "../math/point";
import { toScreen, type Viewport } from "../math/viewport";
import type { Annotation, Shape } from "../scene";
import { moveShape } from "../shape";
import type { Handle } from "../shape-handles";
import type { Draft } from "../tools/tool";
import { drawHalo, drawShape } from "./draw-shape";
import { GroupBitmap } from "./group-bitmap";
import { hatch } from "./hatch";
import { drawLabel } from "./labels";
import { Layer } from "./layer";
import { drawFrame, drawGuides, drawHandles, drawKeyboardPointer, drawOpenLine, drawPrompts } from "./marks";
import { emphasised, type Look, styleOf } from "./style";

export interface ActivePicture {
  readonly viewport: Viewport;
  readonly view: Size;
  readonly image: Size;
  readonly look: Look;
  /** What is selected, or all that is being moved, as it was before. Keep the list the same while it does not change. */
  readonly selected: readonly Annotation[];
  readonly highlighted: Annotation | null;
  readonly draft: Draft;
  readonly preview: readonly Shape[];
  readonly handles: readonly Handle[];
  readonly className: string;
  readonly guidesAt: ScreenPoint | null;
  readonly keyboardPointer: ScreenPoint | null;
  readonly showLabels: boolean;
  /** Whether the view stands still, so that bitmaps may be painted sharp. */
  readonly isResting: boolean;
}

/** More than so many shapes are drawn by way of a bitmap. */
const MANY = 40;

export class ActiveLayer {
  private readonly layer: Layer;
  private readonly group = new GroupBitmap();
  private ratio = 1;

  constructor(parent: HTMLElement) {
    this.layer = new Layer(parent, 0);
  }

  resize(view: Size, ratio: number): void {
    this.ratio = ratio;
    this.layer.resize(view, ratio);
  }

  setShown(isShown: boolean): void {
    this.layer.canvas.style.opacity = isShown ? "" : "0";
  }

  paint(picture: ActivePicture): void {
    const { layer } = this;
    const { ctx } = layer;
    const { draft, look, viewport } = picture;
    layer.clear();
    if (picture.guidesAt) {
      layer.toScreenSpace();
      drawGuides(ctx, picture.guidesAt, picture.view);
    }
    layer.toImageSpace(viewport);
    const hovered = draft.hovered ?? picture.highlighted;
    if (hovered && !picture.selected.includes(hovered)) {
      drawShape(
        ctx,
        hovered,
        { ...emphasised(styleOf(hovered, look)), fillAlpha: 0.16, rimAlpha: 0.45 },
        viewport.scale,
      );
    }
    this.paintSelected(picture);
    this.paintPreview(picture);
    layer.toImageSpace(viewport);
    for (const shape of draft.shapes ?? []) this.paintEmphasised(shape, picture);
    this.paintMarks(picture);
  }

  remove(): void {
    this.layer.remove();
  }

  private paintSelected(picture: ActivePicture): void {
    const { selected, look, viewport, view, isResting } = picture;
    const by = picture.draft.moved ?? { dx: 0, dy: 0 };
    if (selected.length > MANY) {
      this.layer.toScreenSpace();
      this.group.draw(this.layer.ctx, selected, look, by, { viewport, view, ratio: this.ratio, isResting });
      return;
    }
    this.group.drop();
    for (const shape of selected) {
      this.paintEmphasised(picture.draft.moved ? moveShape(shape, by.dx, by.dy) : shape, picture);
    }
  }

  private paintEmphasised(shape: Shape, { look, viewport, showLabels }: ActivePicture): void {
    const { ctx } = this.layer;
    this.layer.toImageSpace(viewport);
    drawHalo(ctx, shape, viewport.scale);
    drawShape(ctx, shape, emphasised(styleOf(shape, look)), viewport.scale);
    if (!showLabels) return;
    this.layer.toScreenSpace();
    drawLabel(ctx, shape, look, viewport, true);
  }

  private paintPreview({ preview, className, look, viewport }: ActivePicture): void {
    const { ctx } = this.layer;
    this.layer.toImageSpace(viewport);
    for (const shape of preview) {
      const style = {
        ...emphasised(styleOf({ ...shape, name: className || shape.name }, look)),
        fillAlpha: 0,
        isDashed: true,
      };
      drawHalo(ctx, shape, viewport.scale);
      hatch(ctx, shape, style.color, viewport.scale);
      drawShape(ctx, shape, style, viewport.scale);
    }
  }

  private paintMarks(picture: ActivePicture): void {
    const { draft, viewport, look, className } = picture;
    const { ctx } = this.layer;
    this.layer.toScreenSpace();
    const on = (point: ImagePoint) => toScreen(viewport, point);
    if (draft.line) {
      const { points, isHole, closesAt } = draft.line;
      drawOpenLine(ctx, points.map(on), {
        color: look.colors(className),
        isHole,
        closesAt: closesAt && on(closesAt),
      });
    }
    drawHandles(
      ctx,
      picture.handles.map((handle) => ({ kind: handle.kind, at: on(handle.at) })),
    );
    if (draft.activeHandle) drawHandles(ctx, [{ kind: "active", at: on(draft.activeHandle) }]);
    if (draft.frame) drawFrame(ctx, draft.frame, viewport, "select");
    if (draft.promptBox) drawFrame(ctx, draft.promptBox, viewport, "prompt");
    drawPrompts(
      ctx,
      (draft.promptPoints ?? []).map(({ at, isPositive }) => ({ at: on(at), isPositive })),
    );
    if (picture.keyboardPointer) drawKeyboardPointer(ctx, picture.keyboardPointer);
  }
}
