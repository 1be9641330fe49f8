/** What the mouse does in the gallery: a click opens or chooses, shift chooses a range, dragging draws a box. */

import { type PointerEvent as ReactPointerEvent, useCallback, useRef, useState } from "react";
import { type Area, areaBetween, cellsIn, type GridGeometry } from "../components/grid-geometry";
import { extended, hasChoice, NOTHING, type Selection, toggled, withIds } from "../selection/selection";

const DRAG_PX = 6;
/** So near the edge a box that is drawn scrolls, this far a frame. */
const EDGE_PX = 40;
const SCROLL_PX = 16;

interface GridPointer {
  /** The box that is drawn, null while none is. */
  box: Area | null;
  onPointerDown: (event: ReactPointerEvent<HTMLElement>) => void;
}

interface GridPointerOptions {
  grid: GridGeometry;
  scroller: HTMLElement | null;
  content: HTMLElement | null;
  idAt: (index: number) => string | undefined;
  selection: Selection;
  onSelect: (selection: Selection) => void;
  onOpen: (index: number) => void;
  onFocus: (index: number) => void;
}

export function useGridPointer(options: GridPointerOptions): GridPointer {
  const [box, setBox] = useState<Area | null>(null);
  const latest = useRef(options);
  latest.current = options;

  const onPointerDown = useCallback((event: ReactPointerEvent<HTMLElement>) => {
    const { scroller, content } = latest.current;
    if (event.button !== 0 || scroller === null || content === null) return;
    const target = event.target as HTMLElement;
    const { shiftKey, ctrlKey, metaKey, pointerType } = event;
    const isAdding = ctrlKey || metaKey;
    const cell = target.closest<HTMLElement>("[data-index]");
    const index = cell === null ? null : Number(cell.dataset.index);
    event.preventDefault();
    const wasOnMark = target.closest("[data-select]") !== null;
    const before = latest.current.selection;
    const begin = pointIn(content, event);
    const within = content;
    let at = { clientX: event.clientX, clientY: event.clientY };
    let isDragging = false;
    let frame = 0;

    function draw() {
      if (content === null || scroller === null) return;
      const area = areaBetween(begin, pointIn(content, at));
      setBox(area);
      const { grid, idAt, onSelect } = latest.current;
      const ids = cellsIn(grid, area).map(idAt);
      const found = ids.filter((id): id is string => id !== undefined);
      onSelect(withIds(isAdding || shiftKey ? before : NOTHING, found));
      const view = scroller.getBoundingClientRect();
      if (at.clientY < view.top + EDGE_PX) scroller.scrollTop -= SCROLL_PX;
      if (at.clientY > view.bottom - EDGE_PX) scroller.scrollTop += SCROLL_PX;
      frame = requestAnimationFrame(draw);
    }

    function move(moved: PointerEvent) {
      at = { clientX: moved.clientX, clientY: moved.clientY };
      // Fingers scroll.
      if (isDragging || pointerType === "touch") return;
      if (Math.hypot(at.clientX - event.clientX, at.clientY - event.clientY) < DRAG_PX) return;
      isDragging = true;
      draw();
    }

    function end(ended: PointerEvent) {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
      cancelAnimationFrame(frame);
      setBox(null);
      if (ended.type !== "pointerup") return;
      if (!isDragging) click();
      else {
        // The keys go on from what was drawn over last.
        const { grid, onFocus } = latest.current;
        const last = cellsIn(grid, areaBetween(begin, pointIn(within, ended))).at(-1);
        if (last !== undefined) onFocus(last);
      }
    }

    function click() {
      const { onSelect, onOpen, onFocus, idAt, selection } = latest.current;
      if (index === null) {
        if (!isAdding && !shiftKey) onSelect(NOTHING);
        return;
      }
      const id = idAt(index);
      if (id === undefined) return;
      onFocus(index);
      if (shiftKey) onSelect(extended(selection, index, idAt));
      else if (isAdding || wasOnMark || hasChoice(selection)) onSelect(toggled(selection, id, index));
      else onOpen(index);
    }

    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
  }, []);

  return { box, onPointerDown };
}

function pointIn(content: HTMLElement, { clientX, clientY }: { clientX: number; clientY: number }) {
  const frame = content.getBoundingClientRect();
  return { x: clientX - frame.left, y: clientY - frame.top };
}
