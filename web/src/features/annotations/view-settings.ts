/** How one person wants images to look while they annotate; kept in this browser. */

export type LabelSize = "small" | "medium" | "large";

/** Of the letters of class names on the image, CSS pixels. */
export const LABEL_PIXELS: Record<LabelSize, number> = { small: 11, medium: 14, large: 18 };

export interface ViewSettings {
  /** 1 is as the image is. */
  brightness: number;
  contrast: number;
  threshold: number;
  belowThreshold: "dim" | "hide";
  labels: "all" | "selected" | "none";
  labelSize: LabelSize;
  showGuides: boolean;
  isPanelOpen: boolean;
  isStripOpen: boolean;
  /** How sure a click or a box has to be answered, and a phrase. */
  promptThreshold: number;
  textThreshold: number;
}

export const DEFAULT_VIEW: ViewSettings = {
  brightness: 1,
  contrast: 1,
  threshold: 0,
  belowThreshold: "dim",
  labels: "selected",
  labelSize: "small",
  showGuides: true,
  isPanelOpen: true,
  isStripOpen: true,
  promptThreshold: 0.5,
  textThreshold: 0.3,
};

/** Return settings that can be used, whatever the browser's storage held. */
export function checkedView(stored: unknown): ViewSettings {
  const given = (typeof stored === "object" && stored !== null ? stored : {}) as Record<string, unknown>;
  const number = (name: keyof ViewSettings, low: number, high: number) => {
    const value = given[name];
    const isGood = typeof value === "number" && value >= low && value <= high;
    return isGood ? value : (DEFAULT_VIEW[name] as number);
  };
  const flag = (name: keyof ViewSettings) =>
    typeof given[name] === "boolean" ? given[name] : (DEFAULT_VIEW[name] as boolean);
  return {
    brightness: number("brightness", 0.2, 3),
    contrast: number("contrast", 0.2, 3),
    threshold: number("threshold", 0, 1),
    belowThreshold: given.belowThreshold === "hide" ? "hide" : "dim",
    labels: given.labels === "all" || given.labels === "none" ? given.labels : "selected",
    labelSize: given.labelSize === "medium" || given.labelSize === "large" ? given.labelSize : "small",
    showGuides: flag("showGuides"),
    isPanelOpen: flag("isPanelOpen"),
    isStripOpen: flag("isStripOpen"),
    promptThreshold: number("promptThreshold", 0, 1),
    textThreshold: number("textThreshold", 0, 1),
  };
}
