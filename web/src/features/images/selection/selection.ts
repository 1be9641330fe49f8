/** Which images are chosen, and from where a range goes on. */

export interface Selection {
  /** The images that are chosen; where all that match are, those of them that are not. */
  ids: ReadonlySet<string>;
  isAll: boolean;
  /** The cell that was touched last: shift chooses from there. */
  anchor: number | null;
}

export const NOTHING: Selection = { ids: new Set(), isAll: false, anchor: null };
/** All that match a list, however many, without asking which those are. */
export const EVERYTHING: Selection = { ids: new Set(), isAll: true, anchor: null };

export function isChosen(selection: Selection, id: string): boolean {
  return selection.ids.has(id) !== selection.isAll;
}

export function hasChoice(selection: Selection): boolean {
  return selection.isAll || selection.ids.size > 0;
}

/** How many are chosen of a list of so many; null where that is not known. */
export function countChosen(selection: Selection, total: number | null): number | null {
  if (!selection.isAll) return selection.ids.size;
  return total === null ? null : Math.max(0, total - selection.ids.size);
}

export function toggled(selection: Selection, id: string, index: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ...selection, ids, anchor: index };
}

export function withIds(selection: Selection, more: Iterable<string>): Selection {
  const ids = new Set(selection.ids);
  for (const id of more) {
    if (selection.isAll) ids.delete(id);
    else ids.add(id);
  }
  return { ...selection, ids };
}

/** Choose all from the anchor to a cell; what is not loaded there is left out. */
export function extended(
  selection: Selection,
  index: number,
  idAt: (index: number) => string | undefined,
): Selection {
  const anchor = selection.anchor ?? index;
  const found: string[] = [];
  for (let at = Math.min(anchor, index); at <= Math.max(anchor, index); at += 1) {
    const id = idAt(at);
    if (id !== undefined) found.push(id);
  }
  return { ...withIds(selection, found), anchor };
}
