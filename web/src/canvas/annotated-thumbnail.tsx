/** An image, small, with its annotations drawn over it. Cheap: a hundred of them scroll at 60 frames a second. */
import { memo } from "react";
import type { ClassColors } from "@/lib/class-colors";
import { thumbnailPaths } from "./render/thumbnail-paths";
import type { Shape } from "./scene";

export interface AnnotatedThumbnailProps {
  /** Address of the thumbnail, or null while there is none. */
  readonly src: string | null;
  /** For screen readers; empty where the name stands beside it. */
  readonly alt: string;
  /** Of the image itself, not of the thumbnail: annotations are in its pixels. Nothing is drawn while unknown. */
  readonly width: number | null | undefined;
  readonly height: number | null | undefined;
  /** Keep the list the same while it does not change: its drawing is remembered by it. */
  readonly annotations?: readonly Shape[];
  readonly colors: ClassColors;
  /** Fill the frame and cut what stands over, or show all of the image. */
  readonly fit?: "cover" | "contain";
  /** Annotations of less confidence are not drawn. */
  readonly threshold?: number;
  /** Of the frame, which needs a size of its own: `aspect-square w-full`. */
  readonly className?: string;
  /** "eager" for what is on screen from the start. */
  readonly loading?: "lazy" | "eager";
  readonly onError?: () => void;
}

export const AnnotatedThumbnail = memo(function AnnotatedThumbnail({
  src,
  alt,
  width,
  height,
  annotations,
  colors,
  fit = "cover",
  threshold = 0,
  className = "",
  loading = "lazy",
  onError,
}: AnnotatedThumbnailProps) {
  const isDrawn = annotations && annotations.length > 0 && width && height;
  return (
    <div className={`relative overflow-hidden ${className}`}>
      {src && (
        <img
          src={src}
          alt={alt}
          loading={loading}
          decoding="async"
          draggable={false}
          onError={onError}
          className={`absolute inset-0 size-full ${fit === "cover" ? "object-cover" : "object-contain"}`}
        />
      )}
      {isDrawn && (
        <svg
          aria-hidden="true"
          className="pointer-events-none absolute inset-0 size-full"
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio={fit === "cover" ? "xMidYMid slice" : "xMidYMid meet"}
        >
          {thumbnailPaths(annotations, { width, height }, colors, threshold).map(
            ({ key, color, kind, d }) => (
              <path
                key={key}
                d={d}
                stroke={color}
                strokeWidth={kind === "point" ? 6 : 1.5}
                strokeLinecap="round"
                strokeLinejoin="round"
                vectorEffect="non-scaling-stroke"
                fill={kind === "area" ? color : "none"}
                fillOpacity={0.18}
              />
            ),
          )}
        </svg>
      )}
    </div>
  );
});
