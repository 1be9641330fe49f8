/** What the address of the list of datasets carries. */

export type DatasetSort = "newest" | "name" | "images";

export interface DatasetListSearch {
  q?: string;
  sort?: DatasetSort;
}

const SORTS: readonly DatasetSort[] = ["newest", "name", "images"];

export function parseDatasetListSearch(search: Record<string, unknown>): DatasetListSearch {
  const found: DatasetListSearch = {};
  if ((typeof search.q === "string" && search.q !== "") || typeof search.q === "number") {
    found.q = String(search.q);
  }
  const sort = SORTS.find((each) => each === search.sort);
  if (sort && sort !== "newest") found.sort = sort;
  return found;
}
