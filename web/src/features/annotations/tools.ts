/** The tools of the editor's rail: those of the canvas, and two that work on the image as a whole. */

import {
  type LucideIcon,
  MousePointer2,
  Pentagon,
  ScanSearch,
  Sparkles,
  Spline,
  Square,
  SquareDashedMousePointer,
  Tag,
  Waypoints,
} from "lucide-react";
import type { ToolId } from "@/canvas/tools/tool";
import type { ActionId } from "./keys/actions";

export type EditorTool = Exclude<ToolId, "pan"> | "text" | "tag";

export interface RailTool {
  id: EditorTool;
  name: string;
  icon: LucideIcon;
  action: ActionId;
  group: "hand" | "draw" | "model" | "image";
}

export const RAIL_TOOLS: readonly RailTool[] = [
  { id: "select", name: "Select and move", icon: MousePointer2, action: "tool-select", group: "hand" },
  { id: "box", name: "Box", icon: Square, action: "tool-box", group: "draw" },
  { id: "polygon", name: "Polygon", icon: Pentagon, action: "tool-polygon", group: "draw" },
  { id: "polyline", name: "Polyline", icon: Spline, action: "tool-polyline", group: "draw" },
  { id: "keypoint", name: "Keypoint", icon: Waypoints, action: "tool-keypoint", group: "draw" },
  { id: "smart-points", name: "Smart click", icon: Sparkles, action: "tool-smart-points", group: "model" },
  {
    id: "smart-box",
    name: "Smart box",
    icon: SquareDashedMousePointer,
    action: "tool-smart-box",
    group: "model",
  },
  { id: "text", name: "Find by words", icon: ScanSearch, action: "tool-text", group: "model" },
  { id: "tag", name: "Tags of the image", icon: Tag, action: "tool-tag", group: "image" },
];

/** What the canvas does while a tool of the page is chosen: things can be selected. */
export function canvasTool(tool: EditorTool): ToolId {
  return tool === "text" || tool === "tag" ? "select" : tool;
}

/** Whether an annotator is asked. */
export function asksModel(tool: EditorTool): boolean {
  return tool === "smart-points" || tool === "smart-box" || tool === "text";
}
