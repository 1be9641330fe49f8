import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";

interface VirtualListProps<T> {
  label: string;
  items: readonly T[];
  rowHeight: number;
  keyOf: (item: T) => string;
  /** Scrolled to when it changes. */
  shown?: number | null;
  className?: string;
  children: (item: T, index: number) => ReactNode;
}

/** A list of which only what is in sight is in the page: ten thousand rows scroll like ten. */
export function VirtualList<T>({
  label,
  items,
  rowHeight,
  keyOf,
  shown,
  className,
  children,
}: VirtualListProps<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  useEffect(() => {
    if (shown !== null && shown !== undefined && shown >= 0) rows.scrollToIndex(shown, { align: "auto" });
  }, [shown, rows]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: no fieldset, a part of the page that scrolls
    <div
      ref={frame}
      role="group"
      aria-label={label}
      // Focusable, so that the keyboard scrolls it too.
      tabIndex={0}
      className={`min-h-0 overflow-y-auto ${className ?? ""}`}
    >
      <ul className="relative w-full" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          return (
            item !== undefined && (
              <li
                key={row.key}
                className="absolute top-0 left-0 w-full"
                style={{ height: rowHeight, transform: `translateY(${row.start}px)` }}
              >
                {children(item, row.index)}
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}
