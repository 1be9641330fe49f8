/** What the editor's address carries: the gallery's list, so that next and previous step through what it showed. */

type Sort = "newest" | "oldest" | "name" | "least_confident";

/** A list of images as the server filters it. */
export interface ListSearch {
  status?: string;
  class_name?: string;
  folder_path?: string;
  recursive?: boolean;
  source?: string;
  min_confidence?: number;
  max_confidence?: number;
  text?: string;
  tag?: string;
  annotated?: boolean;
  min_annotations?: number;
  max_annotations?: number;
  size?: string;
  /** Width divided by height: at least the one, below the other. */
  min_aspect?: number;
  max_aspect?: number;
  sort?: Sort;
}

export interface EditorSearch extends ListSearch {
  /** Opened from the review queue: the reviewer's keys are on, and the way back leads there. */
  review?: number;
}

const WORDS = ["status", "class_name", "folder_path", "source", "text", "tag", "size"] as const;
const NUMBERS = [
  "min_confidence",
  "max_confidence",
  "min_annotations",
  "max_annotations",
  "min_aspect",
  "max_aspect",
] as const;
const FLAGS = ["recursive", "annotated"] as const;
const SORTS: readonly Sort[] = ["newest", "oldest", "name", "least_confident"];

/** Return what of an address means something here; anything else is dropped, nothing is refused. */
export function parseEditorSearch(search: Record<string, unknown>): EditorSearch {
  const found: EditorSearch = {};
  for (const name of WORDS) {
    // The router reads `?text=12` as a number.
    const value = search[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") found[name] = String(value);
  }
  for (const name of NUMBERS) {
    const value = search[name];
    if (typeof value === "number" && Number.isFinite(value)) found[name] = value;
  }
  for (const name of FLAGS) {
    const value = search[name];
    if (typeof value === "boolean") found[name] = value;
  }
  const sort = SORTS.find((each) => each === search.sort);
  if (sort) found.sort = sort;
  if (search.review === 1 || search.review === "1" || search.review === true) found.review = 1;
  return found;
}

/** Return the list alone, as the server is asked for it. */
export function listOf({ review: _review, ...list }: EditorSearch): ListSearch {
  return list;
}
