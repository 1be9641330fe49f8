/** A virtual grid of thumbnails with annotations drawn over them: ?images=100000&shapes=12 */
import "./bench.css";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { createRoot } from "react-dom/client";
import { AnnotatedThumbnail } from "@/canvas/annotated-thumbnail";
import type { Annotation } from "@/canvas/scene";
import { classColors } from "@/lib/class-colors";
import { CLASSES, drawnImage, drawnPolygons } from "./drawn";
import { measureFrames } from "./frames";

const asked = new URLSearchParams(location.search);
const IMAGES = Number(asked.get("images") ?? 100000);
const SHAPES = Number(asked.get("shapes") ?? 12);
const COLUMNS = 12;
const SIDE = 118;
const PICTURES = 24;

const colors = classColors(CLASSES);

/** A list of its own for every image that is scrolled by, as from a server: nothing is remembered from another one. */
const LISTS = Array.from({ length: 5000 }, (_, at) => drawnPolygons(SHAPES, 20, 640, 480, at));
const NONE: Annotation[] = [];
const annotationsOf = (image: number): Annotation[] => LISTS[image % LISTS.length] ?? NONE;

function Page({ urls }: { urls: readonly string[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: Math.ceil(IMAGES / COLUMNS),
    getScrollElement: () => scroller.current,
    estimateSize: () => SIDE,
    overscan: 4,
  });
  return (
    <div ref={scroller} className="fixed inset-0 overflow-auto bg-canvas">
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map((row) => (
          <div
            key={row.key}
            style={{ position: "absolute", transform: `translateY(${row.start}px)`, display: "flex", gap: 2 }}
          >
            {Array.from({ length: COLUMNS }, (_, column) => row.index * COLUMNS + column).map((image) => (
              <AnnotatedThumbnail
                key={image}
                src={urls[image % PICTURES] ?? null}
                alt={`Image ${image}`}
                width={640}
                height={480}
                annotations={annotationsOf(image)}
                colors={colors}
                className="size-[116px] bg-sunken"
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

measureFrames();
const urls = await Promise.all(Array.from({ length: PICTURES }, (_, seed) => drawnImage(256, 192, seed + 1)));
const root = document.getElementById("root");
if (root) createRoot(root).render(<Page urls={urls} />);
window.isReady = true;
