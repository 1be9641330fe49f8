import { LoaderCircle } from "lucide-react";
import { type ReactNode, type RefObject, useMemo, useRef, useState } from "react";
import { AnnotationCanvas, type AnnotationCanvasHandle } from "@/canvas/annotation-canvas";
import type { CanvasImage } from "@/canvas/canvas-props";
import type { Annotation, Command, Scene, Shape } from "@/canvas/scene";
import type { Prompt } from "@/canvas/tools/tool";
import type { ClassColors } from "@/lib/class-colors";
import { type ImageAnswer, imageAddress, thumbnailAddress } from "../api";
import type { EditorView } from "../hooks/use-editor-view";
import { canvasTool } from "../tools";
import { LABEL_PIXELS } from "../view-settings";
import { StatusLine, type StatusLineHandle } from "./status-line";

interface StageProps {
  image: ImageAnswer & { width: number; height: number };
  scene: Scene;
  view: EditorView;
  className: string;
  colors: ClassColors;
  isReadOnly: boolean;
  /** Another image is on its way; this one is shown until it is there. */
  isLoading: boolean;
  preview: readonly Shape[];
  highlighted: string | null;
  canvas: RefObject<AnnotationCanvasHandle | null>;
  wordsOf: (annotation: Annotation) => string;
  onCommand: (command: Command) => void;
  onPrompt: (prompt: Prompt | null) => void;
  /** What lies over the image. */
  children: ReactNode;
}

/** The image with what is drawn on it, and the line below that says what can be done. */
export function Stage(props: StageProps) {
  const { image, scene, view, className } = props;
  const [hint, setHint] = useState("");
  const [notice, setNotice] = useState<string | null>(null);
  const [pointed, setPointed] = useState<{ annotation: Annotation; x: number; y: number } | null>(null);
  const line = useRef<StatusLineHandle>(null);
  const shown = useMemo(
    (): CanvasImage => ({
      id: image.id,
      url: imageAddress(image),
      placeholderUrl: thumbnailAddress(image),
      width: image.width,
      height: image.height,
    }),
    [image],
  );
  return (
    <section aria-label="Image" className="flex min-w-0 grow flex-col">
      <div className="relative min-h-0 grow">
        <AnnotationCanvas
          ref={props.canvas}
          image={shown}
          scene={scene}
          selection={view.selection}
          tool={canvasTool(view.tool)}
          className={className}
          colors={props.colors}
          visibility={view.visibility}
          options={view.options}
          readOnly={props.isReadOnly}
          preview={props.preview}
          highlighted={props.highlighted}
          labels={view.settings.labels}
          labelSize={LABEL_PIXELS[view.settings.labelSize]}
          showGuides={view.settings.showGuides}
          brightness={view.settings.brightness}
          contrast={view.settings.contrast}
          label={`${image.filename}, ${scene.annotations.length} annotations`}
          onCommand={(command) => {
            setNotice(null);
            props.onCommand(command);
          }}
          onSelect={view.select}
          onPrompt={props.onPrompt}
          onViewport={(viewport) => line.current?.zoom(viewport.scale)}
          onPointer={(at) => line.current?.point(at)}
          onHover={(annotation, at) => setPointed(annotation && { annotation, x: at.x, y: at.y })}
          onHint={setHint}
          onNotice={setNotice}
        />
        {pointed && view.tool === "select" && (
          <div
            aria-hidden="true"
            className="pointer-events-none absolute max-w-72 rounded-md border border-line bg-surface px-2 py-1 text-xs shadow-float"
            style={{ left: `min(${pointed.x + 14}px, calc(100% - 12rem))`, top: pointed.y + 14 }}
          >
            <p className="truncate font-medium">{pointed.annotation.name}</p>
            <p className="text-muted">{props.wordsOf(pointed.annotation)}</p>
          </div>
        )}
        {props.isLoading && (
          <div className="absolute inset-0 flex items-center justify-center bg-stage/60" role="status">
            <LoaderCircle aria-hidden="true" className="size-8 animate-spin text-white" />
            <span className="sr-only">Loading the image</span>
          </div>
        )}
        {props.children}
      </div>
      <StatusLine ref={line} hint={notice ?? hint} />
    </section>
  );
}
