/** The canvas of the editor: an image with its annotations, to be looked at and changed with mouse, pen, fingers or keys. */
import { type Ref, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { AnnotationCanvasHandle, AnnotationCanvasProps } from "./canvas-props";
import { CanvasEngine } from "./engine";
import { useFocusRing } from "./focus-ring";
import { CanvasInput } from "./input";
import { screenPoint } from "./math/point";
import { fitBox, zoomAt } from "./math/viewport";

export type { AnnotationCanvasHandle, AnnotationCanvasProps, CanvasImage } from "./canvas-props";

type Props = AnnotationCanvasProps & { readonly ref?: Ref<AnnotationCanvasHandle> };

const KEYS =
  "Arrow keys move what is selected, with Alt they resize boxes. With a drawing tool, Space shows a pointer: arrow keys lead it, Space clicks. " +
  "Enter ends a shape, Backspace takes back a point, Escape cancels, Delete removes what is selected.";

export function AnnotationCanvas({ ref, ...props }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const parts = useRef<{ engine: CanvasEngine; input: CanvasInput } | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const keysId = useId();
  const ring = useFocusRing();
  const giveFocus = useRef(ring.give);
  giveFocus.current = ring.give;
  const given: AnnotationCanvasProps = {
    ...props,
    onImageError: (url) => {
      setFailed(url);
      props.onImageError?.(url);
    },
    onImageLoad: (id) => {
      setFailed(null);
      props.onImageLoad?.(id);
    },
  };
  const latest = useRef(given);
  latest.current = given;

  useLayoutEffect(() => {
    if (!frame.current) return;
    const engine = new CanvasEngine(frame.current, latest.current);
    const input = new CanvasInput(engine);
    parts.current = { engine, input };
    return () => {
      input.close();
      engine.close();
      parts.current = null;
    };
  }, []);

  useLayoutEffect(() => parts.current?.engine.update(given));

  useImperativeHandle(ref, () => canvasHandle(() => parts.current, giveFocus), []);

  return (
    <div className="relative size-full overflow-hidden bg-stage">
      <div
        ref={frame}
        role="application"
        aria-roledescription="annotation canvas"
        aria-label={props.label}
        aria-describedby={keysId}
        tabIndex={0}
        {...ring.handlers}
        className="absolute inset-0 touch-none select-none overflow-hidden outline-none"
      />
      {ring.hasRing && (
        <div
          aria-hidden="true"
          data-testid="canvas-ring"
          className="pointer-events-none absolute inset-0 ring-2 ring-accent ring-inset"
        />
      )}
      <p id={keysId} className="sr-only">
        {KEYS}
      </p>
      {failed === props.image.url && (
        <p
          role="alert"
          className="absolute inset-x-0 top-1/2 mx-auto w-fit max-w-md rounded bg-surface px-3 py-2 text-text"
        >
          The image could not be loaded. Its annotations can still be seen and changed; reload the page to try
          again.
        </p>
      )}
    </div>
  );
}

function canvasHandle(
  parts: () => { engine: CanvasEngine; input: CanvasInput } | null,
  give: { readonly current: ReturnType<typeof useFocusRing>["give"] },
): AnnotationCanvasHandle {
  const zoomAround = (factor: number) => {
    const engine = parts()?.engine;
    if (!engine) return;
    const middle = screenPoint(engine.view.width / 2, engine.view.height / 2);
    engine.setViewport(zoomAt(engine.viewport, middle, factor, engine.image, engine.view));
  };
  return {
    fit: () => parts()?.engine.fit(),
    zoomToBox: (box) => {
      const engine = parts()?.engine;
      engine?.setViewport(fitBox(box, engine.image, engine.view));
    },
    zoomToActualSize: () => zoomAround(1 / (parts()?.engine.viewport.scale ?? 1)),
    zoomBy: zoomAround,
    focus: (isByKey = false) => {
      const element = parts()?.engine.element;
      if (element) give.current(element, isByKey);
    },
    key: (event) => parts()?.input.key(event) ?? false,
    cancel: () => parts()?.engine.cancel(),
    isBusy: () => parts()?.engine.isBusy ?? false,
    viewport: () => parts()?.engine.viewport ?? { scale: 1, x: 0, y: 0 },
  };
}
