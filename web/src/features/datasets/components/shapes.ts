/** The shapes that annotations of a class have, for people. */
export const SHAPES = [
  { value: "bbox", label: "Box" },
  { value: "polygon", label: "Polygon" },
  { value: "polyline", label: "Polyline" },
  { value: "keypoint", label: "Keypoint" },
  { value: "tag", label: "Tag" },
];

export function shapeLabel(type: string | null | undefined): string {
  return SHAPES.find((shape) => shape.value === type)?.label ?? type ?? "Any";
}
