import { CircleMinus, CircleSlash2, ScanEye } from "lucide-react";
import type { ReactNode } from "react";
import type { ToolOptions } from "@/canvas/tools/tool";
import { cx } from "@/lib/class-names";
import { Tooltip } from "@/ui/tooltip";
import type { ActionId } from "../keys/actions";
import { type EditorTool, RAIL_TOOLS } from "../tools";

interface ToolRailProps {
  tool: EditorTool;
  options: ToolOptions;
  isReadOnly: boolean;
  canFindSimilar: boolean;
  onOptions: (options: ToolOptions) => void;
  onFindSimilar: () => void;
  run: (action: ActionId) => void;
  keyFor: (action: ActionId) => string;
}

const BUTTON =
  "relative inline-flex size-9 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-text disabled:opacity-40 aria-pressed:bg-accent-soft aria-pressed:text-accent pointer-coarse:size-11 [&_svg]:size-4.5";

/** The tools, at the left edge. On a touch screen two switches stand in for the Alt key. */
export function ToolRail(props: ToolRailProps) {
  const { tool, options, onOptions, keyFor } = props;
  return (
    <nav
      aria-label="Tools"
      className="flex w-12 shrink-0 flex-col items-center gap-0.5 overflow-y-auto border-line border-r bg-surface py-2 pointer-coarse:w-14"
    >
      {RAIL_TOOLS.map((each, index) => (
        <div key={each.id} className={cx(each.group !== RAIL_TOOLS[index - 1]?.group && index > 0 && "mt-2")}>
          <RailButton
            label={each.name}
            shortcut={keyFor(each.action)}
            isOn={tool === each.id}
            disabled={props.isReadOnly && each.id !== "select"}
            onClick={() => props.run(each.action)}
          >
            <each.icon aria-hidden="true" />
          </RailButton>
        </div>
      ))}
      <RailButton
        label="Find what looks like the selected on other images"
        disabled={props.isReadOnly || !props.canFindSimilar}
        onClick={props.onFindSimilar}
      >
        <ScanEye aria-hidden="true" />
      </RailButton>
      <div className="grow" />
      {tool === "polygon" && (
        <RailButton
          label="Draw a hole"
          shortcut="Alt"
          isOn={options.drawHoles}
          onClick={() => onOptions({ ...options, drawHoles: !options.drawHoles })}
        >
          <CircleSlash2 aria-hidden="true" />
        </RailButton>
      )}
      {tool === "smart-points" && (
        <RailButton
          label="The next click says «not this»"
          shortcut="Alt"
          isOn={options.negativePoints}
          onClick={() => onOptions({ ...options, negativePoints: !options.negativePoints })}
        >
          <CircleMinus aria-hidden="true" />
        </RailButton>
      )}
    </nav>
  );
}

interface RailButtonProps {
  label: string;
  shortcut?: string;
  isOn?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function RailButton({ label, shortcut, isOn, children, ...rest }: RailButtonProps) {
  return (
    <Tooltip label={label} shortcut={shortcut} side="right">
      <button type="button" aria-label={label} aria-pressed={isOn} className={BUTTON} {...rest}>
        {children}
      </button>
    </Tooltip>
  );
}
