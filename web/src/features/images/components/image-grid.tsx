/** Images in a grid of which only what is on screen is there: a hundred thousand scroll like a hundred. */

import { useRouter } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { ClassColors } from "@/lib/class-colors";
import { useDrawnAnnotations } from "../hooks/use-drawn-annotations";
import { useFlying } from "../hooks/use-flying";
import { useGridKeys } from "../hooks/use-grid-keys";
import { useGridPointer } from "../hooks/use-grid-pointer";
import type { ImagePages } from "../hooks/use-image-pages";
import type { ListSearch } from "../search";
import { isChosen, type Selection } from "../selection/selection";
import { gridGeometry, rowsOf } from "./grid-geometry";
import { ImageCell, PendingCell } from "./image-cell";

interface ImageGridProps {
  label: string;
  datasetName: string;
  pages: ImagePages;
  colors: ClassColors;
  /** Width of a cell, about. */
  cellWidth: number;
  isDrawn: boolean;
  /** Whether a job may be drawing on any of them. */
  isLive: boolean;
  selection: Selection;
  onSelect: (selection: Selection) => void;
  onSelectAll: () => void;
  /** The list that opened images carry along; null where none can be opened. */
  list: ListSearch | null;
  onOpen: (imageId: string) => void;
  /** Where to begin; the grid tells where it is when people leave it. */
  scrollKey: string;
}

/** So many rows are there above and below what is on screen. */
const OVERSCAN_ROWS = 2;
/** Where lists were left, for the way back. */
const leftAt = new Map<string, number>();

export function ImageGrid(props: ImageGridProps) {
  const { label, datasetName, pages, colors, cellWidth, isDrawn, isLive, selection, onSelect, onSelectAll } =
    props;
  const { list, onOpen, scrollKey } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const width = useWidth(content);
  const [focused, setFocused] = useState(0);
  const wantsFocus = useRef(false);

  const grid = useMemo(() => gridGeometry(width, cellWidth, pages.count), [width, cellWidth, pages.count]);
  const { columns, gap } = grid;
  const rows = useVirtualizer({
    count: width === 0 ? 0 : rowsOf(grid),
    getScrollElement: () => scroller.current,
    estimateSize: () => grid.cellHeight + gap,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
  });
  const items = rows.getVirtualItems();
  const first = (items[0]?.index ?? 0) * columns;
  const last = ((items.at(-1)?.index ?? 0) + 1) * columns - 1;

  // Another width has other rows: what was in the first one stays in view.
  const before = useRef({ columns, height: grid.cellHeight });
  useLayoutEffect(() => {
    const { columns: were, height } = before.current;
    if (were === columns && height === grid.cellHeight) return;
    const firstCell = Math.floor((rows.scrollOffset ?? 0) / (height + gap)) * were;
    before.current = { columns, height: grid.cellHeight };
    rows.measure();
    if (firstCell > 0) rows.scrollToIndex(Math.floor(firstCell / columns), { align: "start" });
  }, [columns, grid.cellHeight, gap, rows]);

  const isBack = useRef(false);
  useLayoutEffect(() => {
    if (width === 0 || isBack.current || scroller.current === null) return;
    isBack.current = true;
    scroller.current.scrollTop = leftAt.get(scrollKey) ?? 0;
  }, [width, scrollKey]);
  useEffect(() => pages.look(first, last), [pages.look, first, last]);
  useEffect(() => {
    const element = scroller.current;
    const note = () => leftAt.set(scrollKey, element?.scrollTop ?? 0);
    element?.addEventListener("scroll", note, { passive: true });
    return () => element?.removeEventListener("scroll", note);
  }, [scrollKey]);

  const isFlying = useFlying(scroller);
  const [address, query] = useAddress(datasetName, list);
  const drawnOn = useDrawnAnnotations(datasetName, pages.at, first, last, isDrawn, isLive);
  const idAt = useCallback((index: number) => pages.at(index)?.id, [pages.at]);
  const open = useCallback(
    (index: number) => {
      const id = idAt(index);
      if (id !== undefined) onOpen(id);
    },
    [idAt, onOpen],
  );
  const focus = useCallback(
    (index: number) => {
      setFocused(index);
      wantsFocus.current = true;
      rows.scrollToIndex(Math.floor(index / columns));
    },
    [rows, columns],
  );
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    const cell = content.current?.querySelector<HTMLElement>(`[data-index="${focused}"]`);
    if (cell) {
      wantsFocus.current = false;
      cell.focus({ preventScroll: true });
    }
  });
  const { box, onPointerDown } = useGridPointer({
    grid,
    scroller: scroller.current,
    content: content.current,
    idAt,
    selection,
    onSelect,
    onOpen: open,
    onFocus: focus,
  });
  const onKeyDown = useGridKeys({
    focused,
    count: pages.count,
    columns,
    rowsInView: Math.max(1, items.length - 2 * OVERSCAN_ROWS),
    idAt,
    selection,
    onSelect,
    onSelectAll,
    onOpen: open,
    onFocus: focus,
  });
  // One cell is always reachable by Tab, also when the focused one is far away.
  const tabStop = focused >= first && focused <= last ? focused : first;

  return (
    <div
      ref={scroller}
      // Without cells there is nothing else to reach by keyboard.
      tabIndex={pages.count === 0 ? 0 : -1}
      // The ground is opaque: over a clear one the browser paints all cells anew at every step of scrolling.
      className="h-full overflow-y-auto bg-canvas px-6 pt-1 pb-24 outline-none [overflow-anchor:none]"
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual */}
      <div
        ref={content}
        role="grid"
        aria-label={label}
        aria-multiselectable="true"
        aria-rowcount={rowsOf(grid)}
        aria-colcount={columns}
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        // Pointers were seen to already (the middle button opens a tab of its own); screen readers click without one.
        onClick={(event) => {
          event.preventDefault();
          const cell = (event.target as HTMLElement).closest("a")?.closest<HTMLElement>("[data-index]");
          if (event.detail === 0 && cell) open(Number(cell.dataset.index));
        }}
        className="relative min-h-full select-none"
        style={{ height: rows.getTotalSize() }}
      >
        {items.map((row) => (
          // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
          // biome-ignore lint/a11y/useFocusableInteractive: its cells are
          <div
            key={row.key}
            role="row"
            aria-rowindex={row.index + 1}
            className="absolute inset-x-0 top-0 grid contain-[layout_style]"
            style={{
              height: grid.cellHeight,
              columnGap: gap,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              transform: `translateY(${row.start}px)`,
            }}
          >
            {Array.from({ length: Math.min(columns, pages.count - row.index * columns) }, (_, step) => {
              const index = row.index * columns + step;
              const image = isFlying ? undefined : pages.at(index);
              return image === undefined ? (
                <PendingCell key={index} column={step + 1} />
              ) : (
                <ImageCell
                  key={index}
                  image={image}
                  index={index}
                  column={step + 1}
                  address={address === null ? null : address + image.id + query}
                  shapes={isDrawn ? drawnOn(image.id) : undefined}
                  colors={colors}
                  isSelected={isChosen(selection, image.id)}
                  isFocused={index === tabStop}
                />
              );
            })}
          </div>
        ))}
        {box && (
          <div
            aria-hidden="true"
            className="pointer-events-none absolute z-10 rounded-sm border border-accent bg-accent/15"
            style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
          />
        )}
      </div>
    </div>
  );
}

/** What stands before and behind an image's id in its address. */
function useAddress(datasetName: string, list: ListSearch | null): [string | null, string] {
  const router = useRouter();
  return useMemo(() => {
    if (list === null) return [null, ""];
    const to = "/datasets/$name/images/$imageId" as const;
    const { href } = router.buildLocation({ to, params: { name: datasetName, imageId: "-" }, search: list });
    const [path = "", query] = href.split("?");
    return [path.slice(0, -1), query === undefined ? "" : `?${query}`];
  }, [router, datasetName, list]);
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) return;
    setWidth(target.clientWidth);
    const observer = new ResizeObserver(() => setWidth(target.clientWidth));
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
