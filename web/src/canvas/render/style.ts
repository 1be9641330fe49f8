/** How an annotation looks: its class's colour, stronger the more confident, dashed if a machine made it. */
import type { ClassColors } from "@/lib/class-colors";
import { isBelowThreshold, isMachineMade, type Shape, type Visibility } from "../scene";

export interface ShapeStyle {
  /** `#rrggbb`. */
  readonly color: string;
  readonly strokeAlpha: number;
  readonly fillAlpha: number;
  /** CSS pixels. */
  readonly lineWidth: number;
  readonly isDashed: boolean;
  readonly isDimmed: boolean;
  /** A dark rim beside the line, or it is lost on a picture of its own colour; 0 for none. */
  readonly rimAlpha: number;
}

/** Everything that decides looks, as the page gives it. */
export interface Look {
  readonly colors: ClassColors;
  readonly visibility: Visibility;
  readonly isMachineMade?: (shape: Shape) => boolean;
  /** Thousands of shapes are drawn without, which is twice as fast. */
  readonly hasRims: boolean;
  /** Of the letters of labels, CSS pixels. */
  readonly labelSize: number;
}

export const LABEL_SIZE = 11;

/** More shapes than this have no rims. */
export const MAX_RIMS = 500;

export const KEYPOINT_RADIUS = 4;
export const DASH: readonly number[] = [6, 4];

export function styleOf(shape: Shape, look: Look): ShapeStyle {
  const isDimmed = isBelowThreshold(shape, look.visibility);
  const isDashed = (look.isMachineMade ?? isMachineMade)(shape);
  const confidence = Math.min(Math.max(shape.confidence, 0), 1);
  return {
    color: look.colors(shape.name),
    strokeAlpha: isDimmed ? 0.28 : 0.55 + 0.45 * confidence,
    fillAlpha: isDimmed ? 0 : 0.06 + 0.12 * confidence,
    lineWidth: isDimmed ? 1 : 1.5,
    isDashed,
    isDimmed,
    rimAlpha: look.hasRims && !isDimmed ? 0.45 : 0,
  };
}

/** The style of what is selected or being drawn: filled more, with a thicker line. */
export const emphasised = (style: ShapeStyle): ShapeStyle => ({
  ...style,
  strokeAlpha: 1,
  fillAlpha: 0.26,
  lineWidth: 2,
  // It has a light halo.
  rimAlpha: 0,
});
