/** Which images are chosen, and from where a range goes on. */

export interface Selection {
  ids: ReadonlySet<string>;
  /** The cell that was touched last: shift chooses from there. */
  anchor: number | null;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null };

export function toggled(selection: Selection, id: string, index: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: index };
}

export function withIds(selection: Selection, more: Iterable<string>): Selection {
  const ids = new Set(selection.ids);
  for (const id of more) ids.add(id);
  return { ids, anchor: selection.anchor };
}

/** Choose all from the anchor to a cell; what is not loaded there is left out. */
export function extended(
  selection: Selection,
  index: number,
  idAt: (index: number) => string | undefined,
): Selection {
  const anchor = selection.anchor ?? index;
  const ids = new Set(selection.ids);
  for (let at = Math.min(anchor, index); at <= Math.max(anchor, index); at += 1) {
    const id = idAt(at);
    if (id !== undefined) ids.add(id);
  }
  return { ids, anchor };
}
