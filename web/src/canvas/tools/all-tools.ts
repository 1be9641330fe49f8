/** The tools, in the order of the tool bar. A new one is a file beside this one and a line here. */
import { boxTool } from "./box";
import { keypointTool } from "./keypoint";
import { panTool } from "./pan";
import { polygonTool } from "./polygon";
import { polylineTool } from "./polyline";
import { selectTool } from "./select";
import { smartBoxTool } from "./smart-box";
import { smartPointsTool } from "./smart-points";
import type { Tool, ToolId } from "./tool";

export const TOOLS: readonly Tool[] = [
  selectTool,
  panTool,
  boxTool,
  polygonTool,
  polylineTool,
  keypointTool,
  smartPointsTool,
  smartBoxTool,
];

const BY_ID: Readonly<Record<ToolId, Tool>> = Object.fromEntries(
  TOOLS.map((tool) => [tool.id, tool]),
) as Record<ToolId, Tool>;

export const toolOf = (id: ToolId): Tool => BY_ID[id];
