/** What the page gives the canvas, what it hears from it, and what it may ask of it. */
import type { ClassColors } from "@/lib/class-colors";
import type { Box } from "./math/box";
import type { ImagePoint, Size } from "./math/point";
import type { Viewport } from "./math/viewport";
import type { Annotation, Command, Scene, Selection, Shape, Visibility } from "./scene";
import type { Prompt, ToolId, ToolOptions } from "./tools/tool";

/** An image to be drawn. Its size is the dataset's word: it is known before the file has arrived. */
export interface CanvasImage extends Size {
  readonly id: string;
  readonly url: string;
  /** A smaller one to show until the image has arrived. */
  readonly placeholderUrl?: string | null;
}

export interface AnnotationCanvasProps {
  readonly image: CanvasImage;
  readonly scene: Scene;
  readonly selection: Selection;
  readonly tool: ToolId;
  /** The class of what is drawn next. */
  readonly className: string;
  readonly colors: ClassColors;
  readonly visibility?: Visibility;
  readonly options?: ToolOptions;
  /** Looking only: annotations can be selected, none can be changed. */
  readonly readOnly?: boolean;
  /** What a model proposes for the prompt; drawn dashed above everything, taken by Enter in the smart tools. */
  readonly preview?: readonly Shape[];
  /** An annotation to be emphasised: the one pointed at in the side panel. */
  readonly highlighted?: string | null;
  readonly labels?: "all" | "selected" | "none";
  /** Of their letters, CSS pixels; 11 if absent. */
  readonly labelSize?: number;
  /** Lines through the pointer across the image while drawing. */
  readonly showGuides?: boolean;
  /** Of the image, 1 is as it is. */
  readonly brightness?: number;
  readonly contrast?: number;
  /** Whether the annotations are drawn at all; false while somebody holds a key to see the bare image. */
  readonly showAnnotations?: boolean;
  /** Whether an annotation is drawn as a machine's (dashed); by `created_by` if absent. Keep the function the same. */
  readonly isMachineMade?: (annotation: Shape) => boolean;
  /** Said by screen readers for the canvas. */
  readonly label: string;
  /** Where to look. Absent: the canvas keeps zoom and place by itself, also from image to image. */
  readonly viewport?: Viewport | null;

  readonly onCommand: (command: Command) => void;
  readonly onSelect: (selection: Selection) => void;
  /** A prompt to ask a model with, or null when the last one is over. */
  readonly onPrompt?: (prompt: Prompt | null) => void;
  /** The view came to rest. */
  readonly onViewport?: (viewport: Viewport) => void;
  /** Under the pointer; null for none. Comes only when it changes. */
  readonly onHover?: (annotation: Annotation | null, at: { readonly x: number; readonly y: number }) => void;
  /** Pointer over the image, at most once a frame; null outside. For a status line: set its text without a render. */
  readonly onPointer?: (at: ImagePoint | null) => void;
  /** What can be done now; comes when it changes. */
  readonly onHint?: (hint: string) => void;
  readonly onNotice?: (notice: string) => void;
  readonly onImageError?: (url: string) => void;
  readonly onImageLoad?: (id: string) => void;
}

/** What the page may ask of the canvas, by its `ref`. */
export interface AnnotationCanvasHandle {
  readonly fit: () => void;
  /** Show one box large, or 100 %: one image pixel is one CSS pixel. */
  readonly zoomToBox: (box: Box) => void;
  readonly zoomToActualSize: () => void;
  /** Zoom around the middle: 1.25 is a step in. */
  readonly zoomBy: (factor: number) => void;
  /** `isByKey`: somebody went there by keyboard, and is to see that they are there. */
  readonly focus: (isByKey?: boolean) => void;
  /**
   * Give a key to the tool, for keys that were pressed while the focus was elsewhere; returns whether it meant something.
   * Keys pressed on the canvas come by themselves, and those that meant something are `defaultPrevented`.
   */
  readonly key: (event: KeyboardEvent) => boolean;
  /** Drop what is half drawn. */
  readonly cancel: () => void;
  /** Return whether something is half drawn. */
  readonly isBusy: () => boolean;
  readonly viewport: () => Viewport;
}
