/** What the gallery's address carries: the list of images it shows, and whose look-alikes stand beside it. */

import { type ListSearch, listOf, parseEditorSearch } from "@/features/annotations/search";

export type { ListSearch };

export interface GallerySearch extends ListSearch {
  /** The id of an image. */
  similar?: string;
}

export function parseGallerySearch(search: Record<string, unknown>): GallerySearch {
  const found: GallerySearch = listOf(parseEditorSearch(search));
  if (typeof search.similar === "string" && search.similar !== "") found.similar = search.similar;
  return found;
}

/** Return the list alone, as the server is asked for it and the editor's address carries it. */
export function listSearchOf({ similar: _similar, ...list }: GallerySearch): ListSearch {
  return list;
}

/** Whether the list is narrowed to less than the whole dataset. */
export function isNarrowed({ sort: _sort, recursive: _recursive, ...filters }: ListSearch): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

/** Whether an image stays where it is in the list whatever is done to it, as long as it is there. */
export function isSteady({
  sort,
  folder_path: _f,
  recursive: _r,
  text: _t,
  size: _s,
  min_aspect: _min,
  max_aspect: _max,
  ...rest
}: ListSearch): boolean {
  return sort !== "least_confident" && Object.values(rest).every((value) => value === undefined);
}

/** Return the search with some values changed; undefined takes one away. */
export function withSearch(search: GallerySearch, change: Partial<GallerySearch>): GallerySearch {
  const changed = { ...search, ...change };
  return Object.fromEntries(
    Object.entries(changed).filter(([, value]) => value !== undefined && value !== ""),
  ) as GallerySearch;
}
