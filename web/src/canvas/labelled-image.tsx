/** An image with what was found on it drawn exactly, each with its class and confidence; to be looked at, not changed. */
import { memo } from "react";
import { type ClassColors, textOn } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import type { Box } from "./math/box";
import type { Shape } from "./scene";
import { boundsOf, linesOf } from "./shape";

/** One object: its box, or the outlines of its parts. */
export interface LabelledObject {
  readonly id: string;
  readonly className: string;
  /** Absent for what a person drew. */
  readonly confidence?: number;
  readonly shapes: readonly Shape[];
}

interface LabelledImageProps {
  readonly src: string;
  readonly alt: string;
  /** Of the upright image; the objects are in its pixels. */
  readonly width: number;
  readonly height: number;
  readonly objects: readonly LabelledObject[];
  readonly colors: ClassColors;
  /** Id of the object that is pointed at elsewhere. */
  readonly highlighted?: string | null;
  readonly onHighlight?: (id: string | null) => void;
  readonly isDashed?: boolean;
  /** Of many parts, `largest` names the largest of each class. */
  readonly labels?: "all" | "largest" | "none";
  readonly className?: string;
}

export const LabelledImage = memo(function LabelledImage(props: LabelledImageProps) {
  const { src, alt, width, height, objects, colors, highlighted, onHighlight, isDashed, className } = props;
  return (
    <div
      className={cx("relative overflow-hidden bg-stage", className)}
      style={{ aspectRatio: `${width} / ${height}` }}
    >
      <img src={src} alt={alt} className="absolute inset-0 size-full" draggable={false} />
      <svg
        aria-hidden="true"
        className="absolute inset-0 size-full"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
      >
        {objects.map((object) => {
          const color = colors(object.className);
          const isPointedAt = object.id === highlighted;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the list beside says the same to keyboards
            <path
              key={object.id}
              d={object.shapes.map(pathOf).join("")}
              fill={color}
              fillRule="evenodd"
              fillOpacity={isPointedAt ? 0.4 : 0.14}
              stroke={color}
              strokeWidth={isPointedAt ? 3 : 2}
              strokeDasharray={isDashed ? "6 4" : undefined}
              strokeLinejoin="round"
              vectorEffect="non-scaling-stroke"
              onMouseEnter={onHighlight && (() => onHighlight(object.id))}
              onMouseLeave={onHighlight && (() => onHighlight(null))}
            />
          );
        })}
      </svg>
      {props.labels !== "none" &&
        (props.labels === "largest" ? largestOfClass(objects) : objects).map((object) => (
          <Label
            key={object.id}
            object={object}
            color={colors(object.className)}
            width={width}
            height={height}
            isFaded={Boolean(highlighted) && highlighted !== object.id}
          />
        ))}
    </div>
  );
});

interface LabelProps {
  object: LabelledObject;
  color: string;
  width: number;
  height: number;
  isFaded: boolean;
}

function Label({ object, color, width, height, isFaded }: LabelProps) {
  const box = boxOf(object.shapes);
  if (!box) return null;
  const isAtTop = box.y < height * 0.06;
  // At the right it ends with its object, so that the edge does not cut it.
  const isAtRight = box.x > width * 0.7;
  return (
    <span
      aria-hidden="true"
      className={cx(
        "pointer-events-none absolute max-w-40 truncate rounded-sm px-1 font-medium text-[11px] leading-4 transition-opacity",
        isFaded && "opacity-25",
      )}
      style={{
        left: isAtRight ? undefined : `${(Math.max(0, box.x) / width) * 100}%`,
        right: isAtRight ? `${(Math.max(0, width - box.x - box.w) / width) * 100}%` : undefined,
        top: `${(Math.max(0, box.y) / height) * 100}%`,
        transform: isAtTop ? undefined : "translateY(-100%)",
        background: color,
        color: textOn(color),
      }}
    >
      {object.className}
      {object.confidence === undefined ? "" : ` ${object.confidence.toFixed(2)}`}
    </span>
  );
}

/** Holes are cut out: rings of one path are filled by the even-odd rule. */
function pathOf(shape: Shape): string {
  return linesOf(shape)
    .map((line) => {
      const points = line.map((point) => `${round(point.x)} ${round(point.y)}`).join("L");
      return points === "" ? "" : `M${points}${shape.type === "polyline" ? "" : "Z"}`;
    })
    .join("");
}

function largestOfClass(objects: readonly LabelledObject[]): LabelledObject[] {
  const largest = new Map<string, { object: LabelledObject; area: number }>();
  for (const object of objects) {
    const box = boxOf(object.shapes);
    const area = box ? box.w * box.h : 0;
    if (area >= (largest.get(object.className)?.area ?? 0)) largest.set(object.className, { object, area });
  }
  return [...largest.values()].map((each) => each.object);
}

function boxOf(shapes: readonly Shape[]): Box | null {
  // The largest part carries the name.
  const boxes = shapes.map(boundsOf);
  return boxes.toSorted((a, b) => b.w * b.h - a.w * a.h)[0] ?? null;
}

const round = (value: number) => Math.round(value * 10) / 10;
