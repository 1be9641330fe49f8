/** Exports: datasets written to ZIP files in the field's formats. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { CreateExport, ExportAnswer, ExportFormatInfo } from "@/api/schema";
import { localPath } from "@/lib/local-path";

export type { CreateExport, ExportAnswer, ExportFormatInfo };

const EXPORTS = "/api/v1/developer/exports";
const A_PAGE = 100;
/** While something is being written, the list looks again after so many milliseconds. */
const LOOK_AGAIN_MS = 1000;

export interface ExportFilter {
  dataset_name?: string;
  status?: ExportAnswer["status"];
}

export const exportKeys = {
  all: ["exports"] as const,
  list: (filter: ExportFilter) => ["exports", "list", filter] as const,
  one: (dataset: string, name: string) => ["exports", "one", dataset, name] as const,
  formats: ["exports", "formats"] as const,
};

export function isRunning(export_: ExportAnswer): boolean {
  return export_.status === "pending" || export_.status === "processing";
}

/** Exports, newest first, page by page; live while one of them is being written. */
export function exportsQuery(filter: ExportFilter) {
  return infiniteQueryOptions({
    queryKey: exportKeys.list(filter),
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }): Promise<ExportAnswer[]> => {
      const query = { ...filter, limit: A_PAGE, offset: pageParam };
      return (await unwrap(api.GET(`${EXPORTS}/`, { params: { query }, signal }))).exports;
    },
    getNextPageParam: (page, pages) => (page.length === A_PAGE ? pages.length * A_PAGE : undefined),
    refetchInterval: (query) => (query.state.data?.pages.flat().some(isRunning) ? LOOK_AGAIN_MS : false),
  });
}

export function exportQuery(dataset: string, name: string) {
  return queryOptions({
    queryKey: exportKeys.one(dataset, name),
    queryFn: async ({ signal }): Promise<ExportAnswer> => {
      const path = { dataset_name: dataset, export_name: name };
      return (await unwrap(api.GET(`${EXPORTS}/{dataset_name}/{export_name}`, { params: { path }, signal })))
        .export;
    },
  });
}

/** Where an export's events are: it as it is, whenever it changes. */
export function exportEvents(export_: ExportAnswer): string {
  return `${EXPORTS}/${encodeURIComponent(export_.dataset_name)}/${encodeURIComponent(export_.name)}/events`;
}

/** What each format can hold. */
export const formatsQuery = queryOptions({
  queryKey: exportKeys.formats,
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<ExportFormatInfo[]> =>
    (await unwrap(api.GET(`${EXPORTS}/formats`, { signal }))).formats,
});

export async function createExport(request: CreateExport): Promise<ExportAnswer> {
  return (await unwrap(api.POST(`${EXPORTS}/`, { body: request }))).export;
}

export async function deleteExport(export_: ExportAnswer): Promise<void> {
  const path = { dataset_name: export_.dataset_name, export_name: export_.name };
  await unwrap(api.DELETE(`${EXPORTS}/{dataset_name}/{export_name}`, { params: { path } }));
}

/** Have the browser save the file. Its address is made for this and holds for an hour. */
export async function downloadExport(export_: ExportAnswer): Promise<void> {
  const path = { dataset_name: export_.dataset_name, export_name: export_.name };
  const call = api.GET(`${EXPORTS}/{dataset_name}/{export_name}/download`, { params: { path } });
  const link = document.createElement("a");
  link.href = localPath((await unwrap(call)).download_url);
  link.download = `${export_.dataset_name}-${export_.name}.zip`;
  link.click();
}
