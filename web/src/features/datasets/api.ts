/** Datasets, their classes, counts, folders, statistics and versions: queries, and what changes them. */

import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type {
  BulkChange,
  CellImages,
  ClassAnswer,
  ClassChange,
  ClassCount,
  DatasetAnswer,
  DatasetCounts,
  DatasetImage,
  DatasetStatistics,
  Folder,
  Statistics,
  Version,
  VersionDiff,
  VersionRestore,
} from "@/api/schema";

export type {
  BulkChange,
  ClassAnswer,
  ClassChange,
  ClassCount,
  DatasetAnswer,
  DatasetCounts,
  DatasetImage,
  DatasetStatistics,
  Folder,
  Statistics,
  Version,
  VersionDiff,
  VersionRestore,
};

const API = "/api/v1/developer";
const DATASETS_A_REQUEST = 1000;

export const datasetKeys = {
  all: ["datasets"] as const,
  list: () => ["datasets", "list"] as const,
  one: (name: string) => ["datasets", "one", name] as const,
  counts: (name: string) => ["datasets", "one", name, "counts"] as const,
  folders: (name: string) => ["datasets", "one", name, "folders"] as const,
  cover: (name: string) => ["datasets", "one", name, "cover"] as const,
  statistics: (name: string) => ["datasets", "one", name, "statistics"] as const,
  classChanges: (name: string) => ["datasets", "one", name, "class-changes"] as const,
  versions: (name: string) => ["datasets", "one", name, "versions"] as const,
};

/** All of the organisation's datasets, newest first. */
export const datasetsQuery = queryOptions({
  queryKey: datasetKeys.list(),
  queryFn: async ({ signal }): Promise<DatasetAnswer[]> => {
    const found: DatasetAnswer[] = [];
    while (true) {
      const query = { limit: DATASETS_A_REQUEST, offset: found.length };
      const { datasets } = await unwrap(api.GET(`${API}/datasets/`, { params: { query }, signal }));
      found.push(...datasets);
      if (datasets.length < DATASETS_A_REQUEST) return found;
    }
  },
});

export function datasetQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.one(name),
    queryFn: async ({ signal }): Promise<DatasetAnswer> => {
      const params = { path: { name } };
      return (await unwrap(api.GET(`${API}/datasets/by-name/{name}`, { params, signal }))).dataset;
    },
  });
}

export function countsQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.counts(name),
    queryFn: async ({ signal }): Promise<DatasetCounts> => {
      const params = { path: { name } };
      return (await unwrap(api.GET(`${API}/datasets/by-name/{name}/counts`, { params, signal }))).counts;
    },
  });
}

export function foldersQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.folders(name),
    queryFn: async ({ signal }): Promise<Folder[]> => {
      const params = { path: { name } };
      return (await unwrap(api.GET(`${API}/datasets/by-name/{name}/folders`, { params, signal }))).folders;
    },
  });
}

/** The newest images of a dataset, for its picture in a list. */
export function coverQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.cover(name),
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }): Promise<DatasetImage[]> => {
      const query = { dataset_name: name, limit: 4 };
      return (await unwrap(api.GET(`${API}/images/`, { params: { query }, signal }))).images;
    },
  });
}

export interface NewDataset {
  name: string;
  description?: string;
  annotation_types?: string[];
  classes?: Array<{ name: string; type?: string }>;
}

export async function createDataset(body: NewDataset): Promise<void> {
  await unwrap(api.POST(`${API}/projects/`, { body }));
}

export interface DatasetChange {
  name?: string;
  description?: string;
  annotation_types?: string[];
  review_required?: boolean;
}

export async function updateDataset(name: string, body: DatasetChange): Promise<void> {
  await unwrap(api.PATCH(`${API}/projects/{name}`, { params: { path: { name } }, body }));
}

export async function deleteDataset(name: string): Promise<void> {
  await unwrap(api.DELETE(`${API}/projects/{name}`, { params: { path: { name } } }));
}

/** Everything that shows counts of a dataset is asked for again. */
export async function invalidateDataset(client: QueryClient, name: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: datasetKeys.one(name) }),
    client.invalidateQueries({ queryKey: datasetKeys.list() }),
    client.invalidateQueries({ queryKey: ["images", name] }),
  ]);
}

// --- classes ---

/** Replace the list of classes: order, colours, shapes and prompts. Names are changed by `renameClass`. */
export async function setClasses(name: string, classes: readonly ClassAnswer[]): Promise<void> {
  const body = {
    classes: classes.map(({ name: className, type, color, prompts }) => ({
      name: className,
      type,
      color,
      prompts: prompts.length > 0 ? prompts : null,
    })),
  };
  await unwrap(api.PATCH(`${API}/projects/{name}`, { params: { path: { name } }, body }));
}

/** What the annotator is asked where a class has no prompt of its own. */
export function defaultPrompt(className: string): string {
  return className.replace(/[_-]/g, " ");
}

export async function renameClass(dataset: string, className: string, newName: string): Promise<ClassChange> {
  const params = { path: { dataset_name: dataset } };
  const body = { class_name: className, new_name: newName };
  const path = `${API}/datasets/by-name/{dataset_name}/classes/rename` as const;
  return (await unwrap(api.POST(path, { params, body }))).class_change;
}

export async function mergeClasses(dataset: string, names: string[], into: string): Promise<ClassChange> {
  const params = { path: { dataset_name: dataset } };
  const body = { class_names: names, into };
  const path = `${API}/datasets/by-name/{dataset_name}/classes/merge` as const;
  return (await unwrap(api.POST(path, { params, body }))).class_change;
}

export async function deleteClasses(dataset: string, names: string[]): Promise<ClassChange> {
  const params = { path: { dataset_name: dataset } };
  const path = `${API}/datasets/by-name/{dataset_name}/classes/delete` as const;
  return (await unwrap(api.POST(path, { params, body: { class_names: names } }))).class_change;
}

/** Where a change of classes tells how far it is. */
export function classChangeEvents(name: string, changeId: string): string {
  return `${API}/datasets/by-name/${encodeURIComponent(name)}/classes/changes/${encodeURIComponent(changeId)}/events`;
}

/** Changes of classes, newest first; one that is being written into the images is followed by its events. */
export function classChangesQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.classChanges(name),
    queryFn: async ({ signal }): Promise<ClassChange[]> => {
      const params = { path: { dataset_name: name }, query: { limit: 20 } };
      const path = `${API}/datasets/by-name/{dataset_name}/classes/changes` as const;
      return (await unwrap(api.GET(path, { params, signal }))).class_changes;
    },
  });
}

// --- statistics ---

/** What was measured last; asked for again while it is being measured. */
export function statisticsQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.statistics(name),
    queryFn: async ({ signal }): Promise<DatasetStatistics> => {
      const params = { path: { name } };
      return (await unwrap(api.GET(`${API}/datasets/by-name/{name}/statistics`, { params, signal })))
        .dataset_statistics;
    },
    refetchInterval: (query) => (query.state.data?.status === "computing" ? 1000 : false),
  });
}

export async function refreshStatistics(name: string): Promise<DatasetStatistics> {
  const params = { path: { name } };
  return (await unwrap(api.POST(`${API}/datasets/by-name/{name}/statistics/refresh`, { params })))
    .dataset_statistics;
}

/** A cell of one of the statistics' grids, of one class or (without a name) of all. */
export interface GridCell {
  grid: "centers" | "sizes";
  className: string | undefined;
  cell: number;
}

/** Images behind a cell, as they were when the dataset was measured at a moment. */
export function cellQuery(name: string, of: GridCell, measuredAt: string | null) {
  return queryOptions({
    queryKey: [...datasetKeys.statistics(name), "cell", of, measuredAt],
    queryFn: async ({ signal }): Promise<CellImages> => {
      const query = { grid: of.grid, cell: of.cell, class_name: of.className };
      const params = { path: { name }, query };
      return (await unwrap(api.GET(`${API}/datasets/by-name/{name}/statistics/cells`, { params, signal })))
        .cell;
    },
  });
}

// --- versions ---

export function versionsQuery(name: string) {
  return queryOptions({
    queryKey: datasetKeys.versions(name),
    queryFn: async ({ signal }): Promise<Version[]> => {
      const params = { path: { dataset_name: name }, query: { limit: 1000 } };
      const path = `${API}/datasets/by-name/{dataset_name}/versions` as const;
      return (await unwrap(api.GET(path, { params, signal }))).versions;
    },
    refetchInterval: (query) =>
      query.state.data?.some((version) => version.status === "freezing") ? 1000 : false,
  });
}

export interface NewVersion {
  name?: string;
  description?: string;
  status_filter?: string;
}

export async function createVersion(dataset: string, body: NewVersion): Promise<Version> {
  const params = { path: { dataset_name: dataset } };
  return (await unwrap(api.POST(`${API}/datasets/by-name/{dataset_name}/versions`, { params, body })))
    .version;
}

export async function updateVersion(
  dataset: string,
  version: string,
  body: { name?: string; description?: string },
): Promise<void> {
  const params = { path: { dataset_name: dataset, version } };
  await unwrap(api.PATCH(`${API}/datasets/by-name/{dataset_name}/versions/{version}`, { params, body }));
}

export async function deleteVersion(dataset: string, version: string): Promise<void> {
  const params = { path: { dataset_name: dataset, version } };
  await unwrap(api.DELETE(`${API}/datasets/by-name/{dataset_name}/versions/{version}`, { params }));
}

/** What changed between two versions, which never changes. */
export function versionDiffQuery(dataset: string, version: string, since: string) {
  return queryOptions({
    queryKey: [...datasetKeys.versions(dataset), "diff", version, since],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<VersionDiff> => {
      const params = { path: { dataset_name: dataset, version }, query: { since, limit: 200 } };
      const path = `${API}/datasets/by-name/{dataset_name}/versions/{version}/diff` as const;
      return (await unwrap(api.GET(path, { params, signal }))).diff;
    },
  });
}

export async function restoreVersion(
  dataset: string,
  version: string,
  newName: string,
): Promise<VersionRestore> {
  const params = { path: { dataset_name: dataset, version } };
  const path = `${API}/datasets/by-name/{dataset_name}/versions/{version}/restore` as const;
  return (await unwrap(api.POST(path, { params, body: { dataset_name: newName } }))).restore;
}

export function restoreQuery(dataset: string, version: string, restoreId: string) {
  return queryOptions({
    queryKey: [...datasetKeys.versions(dataset), "restore", restoreId],
    queryFn: async ({ signal }): Promise<VersionRestore> => {
      const params = { path: { dataset_name: dataset, version, restore_id: restoreId } };
      const path = `${API}/datasets/by-name/{dataset_name}/versions/{version}/restores/{restore_id}` as const;
      return (await unwrap(api.GET(path, { params, signal }))).restore;
    },
    refetchInterval: (query) =>
      query.state.data?.status === "pending" || query.state.data?.status === "running" ? 1000 : false,
  });
}

/** Who made annotations, for people: "sam3" is SAM 3. */
export function sourceLabel(source: string): string {
  const known: Record<string, string> = {
    people: "People",
    machine: "Any machine",
    sam3: "SAM 3",
    "grounded-sam2": "Grounded SAM 2",
    owlv2: "OWLv2",
  };
  return known[source] ?? (source.startsWith("model:") ? `Model ${source.slice(6, 14)}` : source);
}
