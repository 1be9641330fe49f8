import { Eye, EyeOff, Lock, LockOpen, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import {
  type Annotation,
  isBelowThreshold,
  isMachineMade,
  type Selection,
  type Visibility,
} from "@/canvas/scene";
import type { ClassColors } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import { RAIL_TOOLS } from "../tools";
import { VirtualList } from "./virtual-list";

interface AnnotationListProps {
  annotations: readonly Annotation[];
  selection: Selection;
  visibility: Visibility;
  colors: ClassColors;
  isReadOnly: boolean;
  /** Who made it, in words. */
  wordsOf: (annotation: Annotation) => string;
  /** `adds`: to what is selected, as Ctrl does. */
  onSelect: (id: string, adds: boolean) => void;
  onZoomTo: (annotation: Annotation) => void;
  onHighlight: (id: string | null) => void;
  onHide: (id: string) => void;
  onLock: (id: string) => void;
  onDelete: (id: string) => void;
  empty: ReactNode;
}

const ICONS = Object.fromEntries(RAIL_TOOLS.map((each) => [each.id, each.icon]));

export function AnnotationList(props: AnnotationListProps) {
  const { annotations, selection, visibility, colors, isReadOnly } = props;
  const first = selection.size > 0 ? annotations.findIndex((each) => selection.has(each.id)) : -1;
  return (
    <section aria-label="Annotations" className="flex min-h-0 grow basis-0 flex-col">
      <h2 className="flex items-baseline gap-2 px-3 pt-3 pb-1.5 font-medium text-sm">
        Annotations <span className="text-muted tabular-nums">{annotations.length}</span>
        {selection.size > 1 && <span className="text-muted">{selection.size} selected</span>}
      </h2>
      {annotations.length === 0 && <div className="px-3 text-muted text-sm">{props.empty}</div>}
      <VirtualList
        label="List of annotations"
        items={annotations}
        rowHeight={44}
        keyOf={(each) => each.id}
        shown={first}
        className="grow px-1.5 pb-2"
      >
        {(each) => {
          const Icon = ICONS[each.type === "bbox" ? "box" : each.type];
          const isHidden = visibility.hidden.has(each.id) || visibility.hiddenClasses.has(each.name);
          const isLocked = visibility.locked.has(each.id);
          const isFaint = isHidden || isBelowThreshold(each, visibility);
          return (
            <div
              onPointerEnter={() => props.onHighlight(each.id)}
              onPointerLeave={() => props.onHighlight(null)}
              className={cx(
                "group flex h-full items-center rounded-md hover:bg-hover",
                selection.has(each.id) && "bg-accent-soft",
              )}
            >
              <button
                type="button"
                aria-pressed={selection.has(each.id)}
                onClick={(event) => props.onSelect(each.id, event.ctrlKey || event.metaKey || event.shiftKey)}
                onDoubleClick={() => props.onZoomTo(each)}
                className="flex h-full min-w-0 grow items-center gap-2 rounded-md px-1.5 text-left"
              >
                <span
                  className="flex size-5 shrink-0 items-center justify-center"
                  style={{ color: colors(each.name) }}
                >
                  {Icon && <Icon aria-hidden="true" className="size-4" />}
                </span>
                <span className="min-w-0 grow">
                  <span className="flex items-baseline gap-1.5">
                    <span className={cx("truncate text-sm", isFaint && "text-faint")}>{each.name}</span>
                    <span className="sr-only">{each.type === "bbox" ? "box" : each.type}</span>
                    {isMachineMade(each) && (
                      <span className="shrink-0 text-muted text-xs tabular-nums">
                        {each.confidence.toFixed(2)}
                      </span>
                    )}
                  </span>
                  <span className="block truncate text-muted text-xs">{props.wordsOf(each)}</span>
                </span>
              </button>
              <span className="flex shrink-0 items-center gap-1 px-1.5 text-muted group-focus-within:hidden group-hover:hidden pointer-coarse:hidden [&_svg]:size-3.5">
                {isHidden && <EyeOff aria-label="hidden" />}
                {isLocked && <Lock aria-label="locked" />}
              </span>
              <span className="hidden shrink-0 items-center pr-0.5 group-focus-within:flex group-hover:flex pointer-coarse:flex">
                <RowButton
                  label={`${isHidden ? "Show" : "Hide"} ${each.name}`}
                  onClick={() => props.onHide(each.id)}
                >
                  {isHidden ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
                </RowButton>
                <RowButton
                  label={`${isLocked ? "Unlock" : "Lock"} ${each.name}`}
                  onClick={() => props.onLock(each.id)}
                >
                  {isLocked ? <Lock aria-hidden="true" /> : <LockOpen aria-hidden="true" />}
                </RowButton>
                {!isReadOnly && (
                  <RowButton label={`Delete ${each.name}`} onClick={() => props.onDelete(each.id)}>
                    <Trash2 aria-hidden="true" />
                  </RowButton>
                )}
              </span>
            </div>
          );
        }}
      </VirtualList>
    </section>
  );
}

interface RowButtonProps {
  label: string;
  onClick: () => void;
  children: ReactNode;
}

function RowButton({ label, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="flex size-6 items-center justify-center rounded text-muted hover:text-text pointer-coarse:size-8 [&_svg]:size-3.5"
    >
      {children}
    </button>
  );
}
