/** Turns what mouse, pen, fingers, wheel and keys do on the canvas into what tools understand, and moves the view. */
import type { CanvasEngine } from "./engine";
import { distance, type ScreenPoint, screenPoint } from "./math/point";
import { panBy, zoomAt } from "./math/viewport";
import type { ToolKey, ToolPointer } from "./tools/tool";

const DOUBLE_CLICK_MS = 400;
const DOUBLE_CLICK_SLOP = 6;
/** Wheels say lines or pages where they do not say pixels. */
const LINE_PIXELS = 16;
const PAGE_PIXELS = 400;

/** Space held no longer than this was tapped. */
const TAP_MS = 300;

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

type Gesture =
  /** The tool has the pointer. `before` is what it was at, for the case that a second finger comes. */
  | {
      readonly kind: "tool";
      readonly pointerId: number;
      readonly button: number;
      readonly clicks: number;
      readonly before: unknown;
    }
  | { readonly kind: "pan"; readonly pointerId: number; readonly last: ScreenPoint }
  | { readonly kind: "pinch" };

export class CanvasInput {
  private gesture: Gesture | null = null;
  /** Fingers and buttons that are down. */
  private readonly down = new Map<number, ScreenPoint>();
  private lastClick = { at: screenPoint(0, 0), time: Number.NEGATIVE_INFINITY, button: 0, clicks: 0 };
  private isSpaceHeld = false;
  private spaceDownAt = 0;
  /** Where a pen draws, fingers move the view: a hand rests on the screen. */
  private hasPen = false;
  private readonly listening = new AbortController();

  constructor(private readonly engine: CanvasEngine) {
    const { element } = engine;
    const { signal } = this.listening;
    element.addEventListener("pointerdown", (event) => this.pointerDown(event), { signal });
    element.addEventListener("pointermove", (event) => this.pointerMove(event), { signal });
    element.addEventListener("pointerup", (event) => this.pointerUp(event), { signal });
    element.addEventListener("pointercancel", (event) => this.pointerLost(event), { signal });
    element.addEventListener("pointerleave", () => engine.pointerLeave(), { signal });
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    element.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    element.addEventListener("keydown", (event) => this.key(event) && event.preventDefault(), { signal });
    element.addEventListener("blur", () => engine.moveKeyboardPointer(null), { signal });
    window.addEventListener("keyup", (event) => this.keyUp(event), { signal });
    window.addEventListener("blur", () => this.releaseSpace(), { signal });
  }

  close(): void {
    this.listening.abort();
  }

  /** Give a key to the view and the tool; return whether it meant something to them. */
  key(event: KeyboardEvent): boolean {
    if (event.isComposing) return false;
    const key: ToolKey = {
      key: event.key,
      shift: event.shiftKey,
      alt: event.altKey,
      mod: event.ctrlKey || event.metaKey,
    };
    if (event.key === " " && !key.mod) return this.space(event.repeat);
    // The arrows belong to the pointer while it is shown, not to what is selected.
    if (this.engine.keyboardPointer && this.moveByKey(key)) return true;
    if (this.engine.key(key)) return true;
    if (key.key === "Escape" && this.engine.keyboardPointer) {
      this.engine.moveKeyboardPointer(null);
      return true;
    }
    return this.moveByKey(key);
  }

  private pointerDown(event: PointerEvent): void {
    const { engine } = this;
    const at = this.place(event);
    engine.element.setPointerCapture(event.pointerId);
    engine.moveKeyboardPointer(null);
    if (event.pointerType === "pen") this.hasPen = true;
    this.down.set(event.pointerId, at);
    if (event.pointerType === "touch" && this.down.size === 2) this.beginPinch();
    if (this.gesture) return;
    const isPan = event.button === 1 || this.isSpaceHeld;
    if (isPan || (event.pointerType === "touch" && this.hasPen && engine.draws)) {
      event.preventDefault();
      this.spaceDownAt = 0;
      this.gesture = { kind: "pan", pointerId: event.pointerId, last: at };
      engine.element.style.cursor = "grabbing";
      return;
    }
    const clicks = this.countClick(at, event);
    const before = engine.remember();
    this.gesture = { kind: "tool", pointerId: event.pointerId, button: event.button, clicks, before };
    engine.pointerDown(this.toolPointer(event, at));
  }

  private pointerMove(event: PointerEvent): void {
    const at = this.place(event);
    const { gesture } = this;
    const last = this.down.get(event.pointerId);
    if (gesture?.kind === "pinch") {
      this.pinch(event.pointerId, at);
      return;
    }
    if (last) this.down.set(event.pointerId, at);
    if (gesture?.kind === "pan") {
      if (gesture.pointerId !== event.pointerId) return;
      this.pan(at.x - gesture.last.x, at.y - gesture.last.y);
      this.gesture = { ...gesture, last: at };
      return;
    }
    if (gesture && gesture.pointerId !== event.pointerId) return;
    const events = gesture && this.engine.tracksEveryMove ? event.getCoalescedEvents() : [];
    for (const each of events.length > 1 ? events : [event]) {
      this.engine.pointerMove(this.toolPointer(each, this.place(each), event.pointerType));
    }
  }

  private pointerUp(event: PointerEvent): void {
    const { gesture } = this;
    this.down.delete(event.pointerId);
    if (gesture?.kind === "pinch") {
      if (this.down.size === 0) this.gesture = null;
      return;
    }
    if (!gesture || gesture.pointerId !== event.pointerId) return;
    if (gesture.kind === "tool")
      this.engine.pointerUp({ ...this.toolPointer(event, this.place(event)), isDown: false });
    this.gesture = null;
    if (gesture.kind === "pan") this.engine.refresh();
  }

  private pointerLost(event: PointerEvent): void {
    this.down.delete(event.pointerId);
    if (this.gesture?.kind === "tool") this.engine.restore(this.gesture.before);
    if (this.down.size === 0) this.gesture = null;
  }

  private beginPinch(): void {
    if (this.gesture?.kind === "tool") this.engine.restore(this.gesture.before);
    this.gesture = { kind: "pinch" };
  }

  private pinch(pointerId: number, at: ScreenPoint): void {
    const old = this.down.get(pointerId);
    const other = [...this.down].find(([id]) => id !== pointerId)?.[1];
    if (!old) return;
    this.down.set(pointerId, at);
    // One finger of the two is up again: the other goes on moving the view.
    if (!other) {
      this.pan(at.x - old.x, at.y - old.y);
      return;
    }
    const { engine } = this;
    this.pan((at.x - old.x) / 2, (at.y - old.y) / 2);
    const factor = distance(at, other) / Math.max(distance(old, other), 1);
    const middle = screenPoint((at.x + other.x) / 2, (at.y + other.y) / 2);
    engine.setViewport(zoomAt(engine.viewport, middle, factor, engine.image, engine.view));
  }

  private pan(dx: number, dy: number): void {
    const { engine } = this;
    engine.setViewport(panBy(engine.viewport, dx, dy, engine.image, engine.view));
  }

  /** The wheel zooms at the pointer; with Shift it moves sideways, with Alt up and down. Trackpads pinch as Ctrl+wheel. */
  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { engine } = this;
    const unit =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE
        ? LINE_PIXELS
        : event.deltaMode === WheelEvent.DOM_DELTA_PAGE
          ? PAGE_PIXELS
          : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.shiftKey) this.pan(-(dx || dy), 0);
    else if (event.altKey) this.pan(-dx, -dy);
    else {
      const factor = Math.exp(-dy * (event.ctrlKey ? 0.01 : 0.0018));
      engine.setViewport(zoomAt(engine.viewport, this.place(event), factor, engine.image, engine.view));
    }
  }

  /** Space held moves the view with the mouse; tapped, it shows a pointer for the arrow keys, and clicks with it. */
  private space(isRepeat: boolean): boolean {
    const { engine } = this;
    if (isRepeat) return true;
    this.spaceDownAt = performance.now();
    const at = engine.keyboardPointer;
    if (at) {
      const click = keyboardClick(engine, at);
      engine.pointerDown({ ...click, isDown: true });
      engine.pointerUp(click);
      engine.moveKeyboardPointer(at);
      return true;
    }
    this.isSpaceHeld = true;
    if (!this.gesture) engine.element.style.cursor = "grab";
    return true;
  }

  private keyUp(event: KeyboardEvent): void {
    if (event.key !== " " || !this.isSpaceHeld) return;
    const isTapped = performance.now() - this.spaceDownAt < TAP_MS;
    this.releaseSpace();
    if (isTapped && this.engine.draws) this.engine.showKeyboardPointer();
  }

  private releaseSpace(): void {
    if (!this.isSpaceHeld) return;
    this.isSpaceHeld = false;
    this.engine.refresh();
  }

  /** Arrow keys lead the keyboard's pointer: 8 CSS pixels, with Shift 40, with Alt 1. Without it they are the page's. */
  private moveByKey(event: ToolKey): boolean {
    const { engine } = this;
    const direction = DIRECTIONS[event.key];
    if (!direction || event.mod || !engine.draws) return false;
    if (!engine.keyboardPointer && !engine.isBusy) return false;
    if (!engine.keyboardPointer) engine.showKeyboardPointer();
    const from = engine.keyboardPointer ?? screenPoint(0, 0);
    const step = event.alt ? 1 : event.shift ? 40 : 8;
    const { width, height } = engine.view;
    const to = screenPoint(
      Math.min(Math.max(from.x + direction[0] * step, 0), width),
      Math.min(Math.max(from.y + direction[1] * step, 0), height),
    );
    engine.moveKeyboardPointer(to);
    engine.pointerMove(keyboardClick(engine, to));
    return true;
  }

  private countClick(at: ScreenPoint, event: PointerEvent): number {
    const { lastClick } = this;
    const isNext =
      event.timeStamp - lastClick.time < DOUBLE_CLICK_MS &&
      event.button === lastClick.button &&
      lastClick.clicks < 2 &&
      distance(at, lastClick.at) < DOUBLE_CLICK_SLOP;
    const clicks = isNext ? lastClick.clicks + 1 : 1;
    this.lastClick = { at, time: event.timeStamp, button: event.button, clicks };
    return clicks;
  }

  private toolPointer(
    event: PointerEvent,
    screen: ScreenPoint,
    pointerType = event.pointerType,
  ): ToolPointer {
    const held = this.gesture?.kind === "tool" ? this.gesture : null;
    return {
      at: this.engine.toImage(screen),
      screen,
      pointer: pointerType === "pen" || pointerType === "touch" ? pointerType : "mouse",
      button: held?.button ?? 0,
      isDown: held !== null,
      shift: event.shiftKey,
      alt: event.altKey,
      mod: event.ctrlKey || event.metaKey,
      clicks: held?.clicks ?? 0,
    };
  }

  private place(event: MouseEvent): ScreenPoint {
    const { left, top } = this.engine.element.getBoundingClientRect();
    return screenPoint(event.clientX - left, event.clientY - top);
  }
}

function keyboardClick(engine: CanvasEngine, at: ScreenPoint): ToolPointer {
  return {
    at: engine.toImage(at),
    screen: at,
    pointer: "mouse",
    button: 0,
    isDown: false,
    shift: false,
    alt: false,
    mod: false,
    clicks: 1,
  };
}
