/** The image that is decided about, large, with what is said about it drawn on it. */

import { type Ref, useMemo, useState } from "react";
import { AnnotationCanvas, type AnnotationCanvasHandle } from "@/canvas/annotation-canvas";
import type { CanvasImage } from "@/canvas/canvas-props";
import { type Annotation, NOTHING_SELECTED, type Selection } from "@/canvas/scene";
import type { ClassColors } from "@/lib/class-colors";
import { formatPercent } from "@/lib/format";
import { pictureAddress, type ReviewItem, thumbnailAddress } from "../api";

interface StageProps {
  item: ReviewItem;
  annotations: readonly Annotation[];
  colors: ClassColors;
  /** What is shown is not what is there now. */
  isBefore: boolean;
  highlighted: string | null;
  canvas: Ref<AnnotationCanvasHandle>;
}

/** More names than this would hide the image; one that is pointed at still says its own. */
const MOST_LABELS = 80;

export function Stage({ item, annotations, colors, isBefore, highlighted, canvas }: StageProps) {
  const [selection, setSelection] = useState<Selection>(NOTHING_SELECTED);
  const [pointed, setPointed] = useState<{ annotation: Annotation; x: number; y: number } | null>(null);
  const { image } = item;
  const shown = useMemo(
    (): CanvasImage => ({
      id: image.id,
      url: pictureAddress(item),
      placeholderUrl: thumbnailAddress(item),
      width: image.width ?? 1,
      height: image.height ?? 1,
    }),
    [item, image],
  );
  const scene = useMemo(() => ({ annotations }), [annotations]);
  return (
    <section aria-label="Image" className="relative min-h-0 grow">
      <AnnotationCanvas
        ref={canvas}
        image={shown}
        scene={scene}
        selection={selection}
        tool="pan"
        className=""
        colors={colors}
        readOnly
        labels={annotations.length > MOST_LABELS ? "selected" : "all"}
        highlighted={highlighted}
        label={`${image.filename}, ${annotations.length} annotations${isBefore ? ", as they were before" : ""}`}
        onCommand={ignore}
        onSelect={setSelection}
        onHover={(annotation, at) => setPointed(annotation && { annotation, x: at.x, y: at.y })}
      />
      {isBefore && (
        <p
          role="status"
          className="pointer-events-none absolute top-3 left-1/2 -translate-x-1/2 rounded-full bg-warn-soft px-3 py-1 font-medium text-sm text-warn shadow-float"
        >
          Before: this is not what is there now
        </p>
      )}
      {pointed && (
        <div
          aria-hidden="true"
          className="pointer-events-none absolute max-w-72 rounded-md border border-line bg-surface px-2 py-1 text-xs shadow-float"
          style={{ left: `min(${pointed.x + 14}px, calc(100% - 10rem))`, top: pointed.y + 14 }}
        >
          <p className="truncate font-medium">{pointed.annotation.name}</p>
          <p className="text-muted">{formatPercent(pointed.annotation.confidence)} sure</p>
        </div>
      )}
    </section>
  );
}

/** Nothing can be changed here. */
function ignore(): void {}
