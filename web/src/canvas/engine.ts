/** Runs the canvas: gives events to the tool, tells the page what came of them, and paints at most once a frame. */
import { isSameSet } from "./active-picture";
import type { AnnotationCanvasProps } from "./canvas-props";
import { type HitIndex, hitIndex } from "./hit-index";
import { type ImagePoint, type ScreenPoint, type Size, screenPoint } from "./math/point";
import { carryViewport, fitViewport, resizeViewport, toImage, type Viewport } from "./math/viewport";
import { Painter } from "./painter";
import { loadPicture } from "./picture";
import { ALL_VISIBLE, newId } from "./scene";
import { toolOf } from "./tools/all-tools";
import {
  DEFAULT_OPTIONS,
  type Tool,
  type ToolContext,
  type ToolKey,
  type ToolPointer,
  type ToolResult,
} from "./tools/tool";

/** How near to a line counts as on it, CSS pixels. */
const TOLERANCE: Readonly<Record<ToolPointer["pointer"], number>> = { mouse: 6, pen: 8, touch: 16 };

export class CanvasEngine {
  viewport: Viewport = { scale: 1, x: 0, y: 0 };
  view: Size = { width: 0, height: 0 };
  /** Where the arrow keys have led the pointer; null while nobody uses it. */
  keyboardPointer: ScreenPoint | null = null;
  private tool: Tool;
  private toolState: unknown;
  private hits: HitIndex;
  private pointerKind: ToolPointer["pointer"] = "mouse";
  /** Where the mouse or pen is over the canvas; null outside, and for fingers. */
  private hovering: ScreenPoint | null = null;
  private hoveredId: string | null = null;
  private hint = "";
  private isLoaded = false;
  private isClosed = false;
  private givenViewport: Viewport | null | undefined;
  private readonly painter: Painter;
  private readonly resizes: ResizeObserver;

  constructor(
    readonly element: HTMLElement,
    private props: AnnotationCanvasProps,
  ) {
    this.tool = toolOf(props.tool);
    this.toolState = this.tool.initial;
    this.hits = hitIndex(props.scene, props.visibility ?? ALL_VISIBLE);
    this.painter = new Painter(element, () => this.picture(), {
      onRest: () => this.props.onViewport?.(this.viewport),
      onFrame: () => this.tellPointer(),
    });
    this.resizes = new ResizeObserver(() => this.measure());
    this.resizes.observe(element);
    this.measure();
    this.showImage();
    this.applyGivenViewport();
    this.afterEvent();
  }

  close(): void {
    this.isClosed = true;
    this.resizes.disconnect();
    this.painter.close();
  }

  /** Take the page's new properties. */
  update(props: AnnotationCanvasProps): void {
    const old = this.props;
    if (props === old) return;
    const isOther =
      props.image.id !== old.image.id || props.tool !== old.tool || (props.readOnly && !old.readOnly);
    if (isOther) this.cancel();
    this.props = props;
    if (props.tool !== this.tool.id) {
      this.tool = toolOf(props.tool);
      this.toolState = this.tool.initial;
    }
    if (props.scene !== old.scene || props.visibility !== old.visibility) {
      this.hits = hitIndex(props.scene, props.visibility ?? ALL_VISIBLE);
    }
    if (props.image.id !== old.image.id) this.showImage(old.image);
    // The same image at another address is the same picture, unless the old address did not work.
    else if (props.image.url !== old.image.url && !this.isLoaded) this.loadImage();
    this.applyGivenViewport();
    this.afterEvent();
  }

  setViewport(viewport: Viewport): void {
    if (viewport === this.viewport) return;
    this.viewport = viewport;
    this.painter.viewChanged();
  }

  fit(): void {
    this.setViewport(fitViewport(this.props.image, this.view));
  }

  get image(): Size {
    return this.props.image;
  }

  get isBusy(): boolean {
    return this.tool.isBusy(this.toolState);
  }

  get tracksEveryMove(): boolean {
    return this.tool.tracksEveryMove === true;
  }

  get draws(): boolean {
    return this.tool.usesClass && !this.props.readOnly;
  }

  /** Return what the tool is at, to be put back by `restore`: a finger that went down may turn out to be a pinch. */
  remember(): unknown {
    return this.toolState;
  }

  restore(state: unknown): void {
    this.toolState = state;
    this.afterEvent();
  }

  pointerDown(event: ToolPointer): void {
    this.pointerKind = event.pointer;
    this.take(this.tool.pointerDown(this.toolState, event, this.context()));
  }

  pointerMove(event: ToolPointer): void {
    this.pointerKind = event.pointer;
    this.hovering = event.pointer === "touch" ? null : event.screen;
    this.take(this.tool.pointerMove(this.toolState, event, this.context()));
  }

  pointerUp(event: ToolPointer): void {
    this.take(this.tool.pointerUp(this.toolState, event, this.context()));
  }

  pointerLeave(): void {
    this.hovering = null;
    this.painter.activeChanged();
  }

  /** Give the tool a key and return whether it meant something to it. */
  key(event: ToolKey): boolean {
    const result = this.tool.key(this.toolState, event, this.context());
    this.take(result);
    return result.isHandled !== false;
  }

  cancel(): void {
    this.keyboardPointer = null;
    this.take(this.tool.cancel(this.toolState, this.context()));
  }

  /** Show the pointer that arrow keys lead: where the mouse is, or in the middle. */
  showKeyboardPointer(): void {
    this.moveKeyboardPointer(this.hovering ?? screenPoint(this.view.width / 2, this.view.height / 2));
  }

  moveKeyboardPointer(to: ScreenPoint | null): void {
    this.keyboardPointer = to;
    this.painter.activeChanged();
  }

  toImage(point: ScreenPoint): ImagePoint {
    return toImage(this.viewport, point);
  }

  context(): ToolContext {
    const { props, viewport } = this;
    return {
      scene: props.scene,
      selection: props.selection,
      visibility: props.visibility ?? ALL_VISIBLE,
      image: props.image,
      view: this.view,
      viewport,
      hits: this.hits,
      className: props.className,
      options: props.options ?? DEFAULT_OPTIONS,
      readOnly: props.readOnly ?? false,
      preview: props.preview ?? [],
      tolerance: TOLERANCE[this.pointerKind] / viewport.scale,
      newId,
    };
  }

  /** Show cursor, hint and drawing as they are, after something else had the cursor. */
  refresh(): void {
    this.afterEvent();
  }

  private take(result: ToolResult<unknown>): void {
    const { props } = this;
    this.toolState = result.state;
    if (result.viewport) this.setViewport(result.viewport);
    if (result.command && result.command.changes.length > 0) props.onCommand(result.command);
    if (result.selection && !isSameSet(result.selection, props.selection)) props.onSelect(result.selection);
    if (result.prompt !== undefined) props.onPrompt?.(result.prompt);
    if (result.notice) props.onNotice?.(result.notice);
    this.afterEvent();
  }

  private afterEvent(): void {
    const context = this.context();
    this.element.style.cursor = this.tool.cursor(this.toolState, context);
    const hint = this.tool.hint(this.toolState, context);
    if (hint !== this.hint) {
      this.hint = hint;
      this.props.onHint?.(hint);
    }
    this.painter.activeChanged();
  }

  /** Once a frame at most: the page writes the position into its status line, and shows who made what is hovered. */
  private tellPointer(): void {
    this.props.onPointer?.(this.hovering ? this.toImage(this.hovering) : null);
    const { hovered } = this.tool.draft(this.toolState, this.context());
    const id = (this.hovering && hovered?.id) ?? null;
    if (id === this.hoveredId) return;
    this.hoveredId = id;
    this.props.onHover?.(id === null ? null : (hovered ?? null), this.hovering ?? screenPoint(0, 0));
  }

  private picture() {
    const { props } = this;
    const context = this.context();
    return {
      props,
      viewport: this.viewport,
      view: this.view,
      visibility: context.visibility,
      draft: this.tool.draft(this.toolState, context),
      tool: this.tool,
      guidesAt: props.showGuides && this.tool.showsGuides ? (this.keyboardPointer ?? this.hovering) : null,
      keyboardPointer: this.keyboardPointer,
    };
  }

  private measure(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === this.view.width && height === this.view.height) return;
    const old = this.view;
    this.view = { width, height };
    const isFirst = old.width === 0 || old.height === 0;
    if (isFirst) this.fit();
    else this.setViewport(resizeViewport(this.viewport, old, this.view, this.props.image));
    this.painter.viewChanged();
  }

  private applyGivenViewport(): void {
    const { viewport } = this.props;
    if (viewport === this.givenViewport) return;
    this.givenViewport = viewport;
    if (viewport) this.setViewport(viewport);
    else if (viewport === null) this.fit();
  }

  private showImage(before?: Size): void {
    const { image } = this.props;
    if (before && this.view.width > 0) {
      this.setViewport(carryViewport(this.viewport, before, image, this.view));
    }
    this.painter.forgetImage();
    this.loadImage();
  }

  private loadImage(): void {
    const { image } = this.props;
    const isCurrent = () => this.props.image.id === image.id && !this.isClosed;
    this.isLoaded = false;
    if (image.placeholderUrl) {
      loadPicture(image.placeholderUrl).then(
        (picture) => isCurrent() && !this.isLoaded && this.painter.setPicture(picture),
        // Nobody misses a placeholder that cannot be loaded.
        () => undefined,
      );
    }
    loadPicture(image.url).then(
      (picture) => {
        if (!isCurrent()) return;
        this.isLoaded = true;
        this.painter.setPicture(picture);
        this.props.onImageLoad?.(image.id);
      },
      () => isCurrent() && this.props.image.url === image.url && this.props.onImageError?.(image.url),
    );
  }
}
