/** The gallery by keyboard: arrows move, Enter opens, Space chooses, shift chooses on the way. */

import { type KeyboardEvent, useCallback, useRef } from "react";
import { extended, hasChoice, NOTHING, type Selection, toggled } from "../selection/selection";

interface GridKeysOptions {
  focused: number;
  count: number;
  columns: number;
  /** Rows on screen: what the page keys move by. */
  rowsInView: number;
  idAt: (index: number) => string | undefined;
  selection: Selection;
  onSelect: (selection: Selection) => void;
  onSelectAll: () => void;
  onOpen: (index: number) => void;
  onFocus: (index: number) => void;
}

export function useGridKeys(options: GridKeysOptions): (event: KeyboardEvent<HTMLElement>) => void {
  const latest = useRef(options);
  latest.current = options;
  return useCallback((event: KeyboardEvent<HTMLElement>) => {
    const { focused, count, idAt, selection, onSelect, onSelectAll, onOpen, onFocus } = latest.current;
    const id = idAt(focused);
    const target = targetOf(event, latest.current);
    if (target !== null) {
      const to = Math.min(count - 1, Math.max(0, target));
      if (event.shiftKey) {
        onSelect(extended({ ...selection, anchor: selection.anchor ?? focused }, to, idAt));
      }
      onFocus(to);
    } else if (event.key === "Enter") onOpen(focused);
    else if (event.key === " " && id !== undefined) onSelect(toggled(selection, id, focused));
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) onSelectAll();
    else if (event.key === "Escape" && hasChoice(selection)) onSelect(NOTHING);
    else return;
    event.preventDefault();
  }, []);
}

function targetOf(
  event: KeyboardEvent<HTMLElement>,
  { focused, count, columns, rowsInView }: GridKeysOptions,
) {
  switch (event.key) {
    case "ArrowRight":
      return focused + 1;
    case "ArrowLeft":
      return focused - 1;
    case "ArrowDown":
      return focused + columns < count ? focused + columns : focused;
    case "ArrowUp":
      return focused - columns >= 0 ? focused - columns : focused;
    case "PageDown":
      return focused + columns * rowsInView;
    case "PageUp":
      return focused - columns * rowsInView;
    case "Home":
      return event.ctrlKey ? 0 : focused - (focused % columns);
    case "End":
      return event.ctrlKey ? count - 1 : focused - (focused % columns) + columns - 1;
    default:
      return null;
  }
}
