/**
 * What a tool is: a name, an icon, a key, and pure handlers.
 *
 * A handler gets the tool's state, what happened and what there is, and returns the next state, perhaps with a command
 * for the scene. It changes nothing itself, so that a test can drive it with a list of points. While somebody drags, the
 * tool only shows a `Draft`; the command comes once, at the end.
 */
import type { LucideIcon } from "lucide-react";
import type { HitIndex } from "../hit-index";
import type { Box } from "../math/box";
import type { ImagePoint, ScreenPoint, Size } from "../math/point";
import type { Viewport } from "../math/viewport";
import type { Annotation, Command, Scene, Selection, Shape, Visibility } from "../scene";

export type ToolId =
  | "select"
  | "pan"
  | "box"
  | "polygon"
  | "polyline"
  | "keypoint"
  | "smart-points"
  | "smart-box";

export interface ToolPointer {
  readonly at: ImagePoint;
  readonly screen: ScreenPoint;
  readonly pointer: "mouse" | "pen" | "touch";
  /** 0 main, 1 middle, 2 secondary; of the button that went down, also in `move` and `up`. */
  readonly button: number;
  readonly isDown: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
  /** Ctrl, or ⌘ on a Mac. */
  readonly mod: boolean;
  /** 1 for a click, 2 for the second of a double click. */
  readonly clicks: number;
}

export interface ToolKey {
  /** As `KeyboardEvent.key`: "Enter", "ArrowLeft", "z". */
  readonly key: string;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly mod: boolean;
}

/** What the editor lets people set for the tools. */
export interface ToolOptions {
  /** Polygon: the next one is a hole of the polygon it is begun in, as with Alt held. */
  readonly drawHoles: boolean;
  /** Points prompt: the next click says «not this», as with Alt held. */
  readonly negativePoints: boolean;
}

export const DEFAULT_OPTIONS: ToolOptions = { drawHoles: false, negativePoints: false };

export interface ToolContext {
  readonly scene: Scene;
  readonly selection: Selection;
  readonly visibility: Visibility;
  readonly image: Size;
  /** Size of the canvas, CSS pixels. */
  readonly view: Size;
  readonly viewport: Viewport;
  readonly hits: HitIndex;
  /** The class of what is drawn next. It stays as it is until somebody picks another. */
  readonly className: string;
  readonly options: ToolOptions;
  readonly readOnly: boolean;
  /** What a model proposes for the prompt that was given. */
  readonly preview: readonly Shape[];
  /** How far beside a line or a point still counts as on it, in image pixels. */
  readonly tolerance: number;
  readonly newId: () => string;
}

export interface PromptPoint {
  readonly at: ImagePoint;
  readonly isPositive: boolean;
}

/** What a model is asked with: clicks, of which at least one is positive, or a rough box. */
export type Prompt =
  | { readonly kind: "points"; readonly points: readonly PromptPoint[] }
  | { readonly kind: "box"; readonly box: Box };

export interface ToolResult<State> {
  readonly state: State;
  readonly command?: Command;
  readonly selection?: Selection;
  readonly viewport?: Viewport;
  /** A new prompt to ask with; null when the old one is over and its preview is to go. */
  readonly prompt?: Prompt | null;
  /** Something that could not be done, for people: «A hole begins inside a polygon». */
  readonly notice?: string;
  /** False when the event meant nothing to the tool, so that a key may mean something to the page. */
  readonly isHandled?: boolean;
}

/** What the active layer shows while a tool works. */
export interface Draft {
  /** New or changed shapes. Those with the id of an annotation are drawn in its place. */
  readonly shapes?: readonly Shape[];
  /** Annotations that are being moved, all by the same vector. */
  readonly moved?: { readonly ids: Selection; readonly dx: number; readonly dy: number };
  /** An open line that follows the pointer, with its corners. */
  readonly line?: {
    readonly points: readonly ImagePoint[];
    readonly isHole?: boolean;
    readonly closesAt?: ImagePoint;
  };
  /** The dragged frame that selects. */
  readonly frame?: Box;
  readonly promptPoints?: readonly PromptPoint[];
  readonly promptBox?: Box;
  /** A handle to be shown as held or pointed at. */
  readonly activeHandle?: ImagePoint;
  /** Under the pointer: drawn lighter, so that a click has no surprise. */
  readonly hovered?: Annotation;
}

export interface Tool<State = unknown> {
  readonly id: ToolId;
  readonly name: string;
  readonly icon: LucideIcon;
  /** The key that people expect; the page's key map may have another. */
  readonly shortcut: string;
  /** Whether the tool draws or prompts with the current class. */
  readonly usesClass: boolean;
  readonly showsGuides: boolean;
  /** Whether every movement of the pointer counts, also several between two frames: freehand lines. */
  readonly tracksEveryMove?: boolean;
  readonly initial: State;
  /** Return what can be done now, in a line: «Click the first point to close». */
  hint(state: State, context: ToolContext): string;
  /** Return the CSS cursor. */
  cursor(state: State, context: ToolContext): string;
  draft(state: State, context: ToolContext): Draft;
  pointerDown(state: State, event: ToolPointer, context: ToolContext): ToolResult<State>;
  pointerMove(state: State, event: ToolPointer, context: ToolContext): ToolResult<State>;
  pointerUp(state: State, event: ToolPointer, context: ToolContext): ToolResult<State>;
  key(state: State, event: ToolKey, context: ToolContext): ToolResult<State>;
  /** Drop what is half done: Escape, a second finger, another tool, another image. */
  cancel(state: State, context: ToolContext): ToolResult<State>;
  /** Return whether something is half done, which leaving would lose. */
  isBusy(state: State): boolean;
}

/** Return «nothing happened». */
export const unhandled = <State>(state: State): ToolResult<State> => ({ state, isHandled: false });
