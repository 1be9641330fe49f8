/** The editor's canvas with thousands of polygons: ?polygons=2000&points=20&tool=select&labels=selected */
import "./bench.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { AnnotationCanvas, type AnnotationCanvasHandle } from "@/canvas/annotation-canvas";
import { commit, openHistory } from "@/canvas/history";
import { type Annotation, NOTHING_SELECTED, type Shape } from "@/canvas/scene";
import { boundsOf, linesOf } from "@/canvas/shape";
import { classColors } from "@/lib/class-colors";
import { CLASSES, drawnImage, drawnPolygons } from "./drawn";
import { measureFrames } from "./frames";

const asked = new URLSearchParams(location.search);
const WIDTH = 3000;
const HEIGHT = 2000;

const middleOf = (shape: Shape) => {
  const { x, y, w, h } = boundsOf(shape);
  return { x: x + w / 2, y: y + h / 2 };
};

function nearestToMiddle(annotations: readonly Annotation[]): Annotation {
  const far = (each: Annotation) => {
    const { x, y } = middleOf(each);
    return Math.hypot(x - WIDTH / 2, y - HEIGHT / 2);
  };
  return annotations.reduce((best, each) => (far(each) < far(best) ? each : best));
}

function Page({ url }: { url: string }) {
  const [history, setHistory] = useState(() =>
    openHistory({
      annotations: drawnPolygons(
        Number(asked.get("polygons") ?? 2000),
        Number(asked.get("points") ?? 20),
        WIDTH,
        HEIGHT,
      ),
    }),
  );
  const canvas = useRef<AnnotationCanvasHandle>(null);
  useEffect(() => {
    const nearest = nearestToMiddle(history.scene.annotations);
    const place = ({ x, y }: { x: number; y: number }): [number, number] => {
      const { scale, x: left, y: top } = canvas.current?.viewport() ?? { scale: 1, x: 0, y: 0 };
      return [left + x * scale, top + y * scale];
    };
    window.middleOnScreen = () => place(middleOf(nearest));
    window.vertexOnScreen = () => place(linesOf(nearest)[0]?.[0] ?? middleOf(nearest));
  });
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const colors = useMemo(() => classColors(CLASSES), []);
  const image = useMemo(() => ({ id: "1", url, width: WIDTH, height: HEIGHT }), [url]);
  return (
    <div style={{ position: "fixed", inset: 0 }}>
      <AnnotationCanvas
        ref={canvas}
        label="Benchmark"
        image={image}
        scene={history.scene}
        selection={selection}
        tool={(asked.get("tool") ?? "select") as "select"}
        className="car"
        colors={colors}
        labels={(asked.get("labels") ?? "selected") as "selected"}
        showGuides
        onCommand={(command) => setHistory((old) => commit(old, command))}
        onSelect={setSelection}
        onImageLoad={() => {
          window.isReady = true;
        }}
      />
    </div>
  );
}

declare global {
  interface Window {
    /** Where on the screen the shape nearest to the middle is, and one of its points. */
    middleOnScreen: () => [number, number];
    vertexOnScreen: () => [number, number];
  }
}

measureFrames();
const root = document.getElementById("root");
if (root) createRoot(root).render(<Page url={await drawnImage(WIDTH, HEIGHT)} />);
